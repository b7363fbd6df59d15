import type { Readable, Writable } from 'node:stream'
import { ctrFrames, exchangeNonces, type CtrFrame, type CtrRole } from '../../ctr/index.js'
import { abortOn, asError, type Duplex, link, streamError } from '../../stream/index.js'
import type { Counts } from './report.js'
import { chunksOf, Output } from './standard-streams.js'

/** The code of frames that carry bytes. */
const DATA = 1
/** The code of the frame that ends a direction. */
const END = 0

/** What is piped, and how. */
export interface PipeOptions {
  readonly role: CtrRole
  readonly secret: Uint8Array
  readonly input: Readable
  readonly output: Writable
  /** Milliseconds for the exchange of nonces, and then for the other side's first frame. */
  readonly timeout: number
  readonly signal: AbortSignal
  /** Counted up as bytes go. */
  readonly counts: Counts
}

/**
 * Sends the input as frames of code 1 and its end as a frame of code 0, and writes what comes to the output, until both
 * directions have ended. Each side begins with a frame without payload, so that another secret or the same role is noticed before there is anything
 * to say.
 */
export async function pipeThrough (duplex: Duplex, { role, secret, input, output, timeout, signal, counts }: PipeOptions): Promise<void> {
  const { block, duplex: after } = await exchangeNonces(duplex, { role, secret, timeout, signal })
  const linked = link(after, ctrFrames({ role, block, endCode: END }))
  abortOn(signal, linked)
  const out = new Output(output)
  // anybody can send a nonce; that the other side has the secret shows in its first frame
  const first = setTimeout(() => { linked.abort(streamError('ERR_HANDSHAKE_TIMEOUT')) }, timeout)
  const receiving = async (): Promise<void> => {
    for await (const { payload } of linked.source) {
      clearTimeout(first)
      // the next frame is asked for when this one is written: a slow reader is felt by the other side
      for (const piece of payload instanceof Uint8Array ? [payload] : payload) if (piece.byteLength > 0) await out.write(piece)
      counts.received += payload.byteLength
    }
  }
  try {
    await Promise.all([receiving(), linked.sink(framesOf(input, counts))])
  } catch (error) {
    linked.abort(asError(error))
    await linked.closed
  } finally {
    clearTimeout(first)
  }
  await linked.close()
  await linked.closed
}

async function * framesOf (input: Readable, counts: Counts): AsyncGenerator<CtrFrame, void> {
  yield { code: DATA, payload: new Uint8Array(0) }
  for await (const payload of chunksOf(input)) {
    yield { code: DATA, payload }
    counts.sent += payload.byteLength
  }
}
