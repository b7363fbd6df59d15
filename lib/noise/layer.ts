import { wipe } from '../crypto/index.js'
import { letGo, nextTurn, owning, type Bytes, type Layer } from '../stream/index.js'
import { noiseError } from './errors.js'
import type { NoiseResult } from './handshake.js'
import { checkLayerOptions, type NoiseEnd, type NoiseLayerOptions } from './layer-options.js'
import { LENGTH_BYTES } from './message-framing.js'
import { MessageWriter } from './message-writer.js'
import { Opener } from './opener.js'
import { soon } from './soon.js'

/** A direction, seen from this end. */
export type NoiseDirection = 'send' | 'receive'

/** Bytes to sealed messages and back. */
export interface NoiseLayer extends Layer<Uint8Array, Uint8Array, Bytes, Bytes> {
  /**
   * Replaces the key of a direction by the one that follows from it (section 11.3); the other side must do the same for its
   * other direction at the same message. Needs `manualRekey`.
   *
   * `send`: what the source of the sink has yielded before is sealed under the old key, what it yields from then on under
   * the new one, in messages of its own. The exact place is between two items, so call it where they are made.
   * `receive`: what the consumer has been given was opened under the old key; what the next `next()` gives, under the new
   * one. So call it after the item that says so and before asking for the next one, and have nothing in between that reads ahead.
   *
   * @throws ERR_NOISE_OPTIONS without `manualRekey`, ERR_NOISE_ONE_WAY for a direction that does not exist, ERR_NOISE_DESTROYED
   */
  rekey(direction: NoiseDirection): void
  /** Forgets the keys. */
  destroy(): void
}

/**
 * The transport messages of a Noise connection as a layer (section 11), for one connection. It takes the ciphers of the
 * result over and wipes its raw keys. Writes above 65,519 bytes are cut; small ones that are ready together are gathered into
 * one message, without waiting for more. Empty messages are passed over, unless they are the end. Of a one-way
 * pattern, the direction that does not exist ends at once, or fails with ERR_NOISE_ONE_WAY when something is written.
 *
 * Raises ERR_NOISE_AUTH, ERR_NOISE_MESSAGE_SIZE, ERR_NOISE_TRUNCATED, ERR_NOISE_NONCES, ERR_NOISE_UNAUTHENTICATED_END,
 * ERR_NOISE_ONE_WAY, ERR_TRUNCATED; each ends its direction, and the link with it.
 *
 * @throws ERR_NOISE_OPTIONS when the options contradict each other
 * @example
 * ```ts runnable
 * import { link, type Bytes } from 'hushwire'
 * import { NoiseHandshake, noiseLayer, noiseProtocol } from 'hushwire/noise'
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * // the handshake by hand: NN authenticates nobody
 * const protocol = noiseProtocol('Noise_NN_25519_ChaChaPoly_SHA256')
 * const alice = new NoiseHandshake({ protocol, role: 'initiator' })
 * const bob = new NoiseHandshake({ protocol, role: 'responder' })
 * await bob.read(alice.write())
 * await alice.read(bob.write())
 *
 * const [left, right] = memoryPair()
 * const near = link(left, noiseLayer(alice.result(), { end: 'authenticated' }))
 * const far = link(right, noiseLayer(bob.result(), { end: 'authenticated' }))
 * async function * greeting (): AsyncGenerator<Bytes> { yield new TextEncoder().encode('hello') }
 * void near.sink(greeting())
 * for await (const bytes of far.source) console.log(new TextDecoder().decode(bytes))
 * await Promise.all([near.close(), far.close()])
 * ```
 */
export function noiseLayer (result: NoiseResult, options: NoiseLayerOptions = {}): NoiseLayer {
  checkLayerOptions(options)
  const { send, receive, oneWay } = result
  wipe(result.sendKey, result.receiveKey)
  const writer = new MessageWriter(send, options.lengthBytes ?? LENGTH_BYTES, options)
  const destroy = (): void => {
    send.destroy()
    receive.destroy()
  }
  let aborted: Error | undefined
  return {
    inbound: source => ({
      // asked for when it is read: what has no reader below may drop what comes when it is closed
      [Symbol.asyncIterator]: () => {
        const iterator = source[Symbol.asyncIterator]()
        if (oneWay === 'send') return nothing(iterator)
        return owning(open(iterator, new Opener(receive, options, () => aborted), options.end), iterator, () => { receive.destroy() })
      }
    }),
    outbound: source => {
      const iterator = source[Symbol.asyncIterator]()
      return owning(oneWay === 'receive' ? refused(iterator) : seal(iterator, writer, options.end), iterator, () => { send.destroy() })
    },
    rekey: which => {
      if (options.manualRekey !== true) throw noiseError('ERR_NOISE_OPTIONS', 'rekey needs manualRekey')
      if (oneWay !== undefined && oneWay !== which) throw noiseError('ERR_NOISE_ONE_WAY')
      if (which === 'send') writer.rekey()
      else receive.rekey()
    },
    abort: reason => {
      aborted = reason
      destroy()
    },
    destroy
  }
}

/** Chunks of the wire to plaintext, and the end as the options want it. */
async function * open (source: AsyncIterator<Uint8Array>, opener: Opener, end: NoiseEnd | undefined): AsyncGenerator<Uint8Array, void> {
  for (let next = await source.next(); next.done !== true; next = await source.next()) {
    opener.push(next.value)
    for (let more = true; more;) {
      more = opener.open()
      yield * opener.take()
    }
    // what has come before a message that is wrong is given out first, however the two were cut
    if (opener.failure !== undefined) throw opener.failure
    if (opener.ended) {
      // what a stranger adds after the end is not read
      letGo(source)
      return
    }
  }
  opener.end()
  if (end !== 'unauthenticated') throw noiseError('ERR_NOISE_UNAUTHENTICATED_END', end === undefined ? 'by the option end both ends can say their end, or take one like this' : undefined)
}

/** Items that are taken without other work of the process getting its turn. */
const TURN_ITEMS = 1024

async function * seal (source: AsyncIterator<Bytes>, writer: MessageWriter, end: NoiseEnd | undefined): AsyncGenerator<Bytes, void> {
  let items = 0
  for (let next = await source.next(); next.done !== true;) {
    writer.add(next.value)
    while (writer.full) yield writer.take() as Bytes
    // before the next item is asked for: nobody would hold its rejection meanwhile
    if (++items % TURN_ITEMS === 0) await nextTurn()
    const following = source.next()
    const ready = await soon(following)
    const batch = ready === undefined ? writer.take() : undefined
    if (batch !== undefined) yield batch
    next = ready ?? await following
  }
  if (end === 'authenticated') writer.end()
  const last = writer.take()
  if (last !== undefined) yield last
}

/** What comes where the other side cannot send. */
function nothing (iterator: AsyncIterator<Uint8Array>): AsyncIterator<Uint8Array> {
  return {
    next: () => {
      letGo(iterator)
      return Promise.resolve({ value: undefined, done: true })
    }
  }
}

/** The source of a direction that does not exist: it may end, and no more. */
async function * refused (source: AsyncIterator<Bytes>): AsyncGenerator<Bytes, void> {
  let next = await source.next()
  while (next.done !== true && next.value.byteLength === 0) next = await source.next()
  if (next.done !== true) throw noiseError('ERR_NOISE_ONE_WAY')
  yield * []
}
