import type { MessageStream } from '@libp2p/interface'
import { byteStream } from '@libp2p/utils'
import { noiseFraming } from '../noise/index.js'
import { abortable, abortReason, deadline, type Handshake, streamError } from '../stream/index.js'

/** Lengths in two bytes. */
const framing = noiseFraming(2)

/** Options of {@link runHandshake}. */
export interface RunOptions {
  /** Milliseconds for the whole handshake. */
  readonly timeout: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Runs a handshake over a connection of libp2p: what `performHandshake` does over a duplex. What comes
 * after its last message is put back. When it fails, the secrets are wiped; the connection is its caller's to abort.
 *
 * @throws ERR_HANDSHAKE_TIMEOUT, the signal's reason, or what the handshake or the connection threw
 */
export async function runHandshake<Result> (stream: MessageStream, handshake: Handshake<Result>, options: RunOptions): Promise<Result> {
  const bytes = byteStream(stream)
  const reader = { read: async (length: number) => (await bytes.read({ bytes: length, signal })).subarray() }
  const { signal, done } = deadline(options.signal, options.timeout, () => streamError('ERR_HANDSHAKE_TIMEOUT'))
  try {
    while (handshake.turn !== 'done') {
      signal.throwIfAborted()
      if (handshake.turn === 'write') {
        await bytes.write(framing.encode(await handshake.write()), { signal })
      } else {
        const taken = handshake.read(await framing.read(reader, signal))
        if (taken instanceof Promise) await abortable(taken, signal)
      }
    }
    signal.throwIfAborted()
    bytes.unwrap()
    return handshake.result()
  } catch (error) {
    handshake.destroy()
    throw signal.aborted ? abortReason(signal) : error
  } finally {
    done()
  }
}
