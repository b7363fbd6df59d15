import { wipe } from '../crypto/index.js'
import { letGo, nextTurn, owning, type Bytes, type Layer } from '../stream/index.js'
import { noiseError } from './errors.js'
import type { NoiseResult } from './handshake.js'
import { checkLayerOptions, type NoiseEnd, type NoiseLayerOptions } from './layer-options.js'
import { MessageWriter } from './message-writer.js'
import { Opener, openMessages } from './opener.js'
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
  const writer = new MessageWriter(send, options.lengthBytes ?? 4, options)
  const destroy = (): void => {
    send.destroy()
    receive.destroy()
  }
  let aborted: Error | undefined
  return {
    inbound: source => oneWay === 'send' ? nothing(source) : { [Symbol.asyncIterator]: () => openMessages(source[Symbol.asyncIterator](), new Opener(receive, options, () => aborted), options.end) },
    outbound: source => outbound(source, iterator => oneWay === 'receive' ? refused(iterator) : seal(iterator, writer, options.end), () => { send.destroy() }),
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

function outbound (source: AsyncIterable<Bytes>, transform: (iterator: AsyncIterator<Bytes>) => AsyncGenerator<Bytes, void>, release: () => void): AsyncIterableIterator<Bytes> {
  const iterator = source[Symbol.asyncIterator]()
  return owning(transform(iterator), iterator, release)
}

/** Items that are taken without other work of the process getting its turn. */
const TURN_ITEMS = 1024

async function * seal (source: AsyncIterator<Bytes>, writer: MessageWriter, end: NoiseEnd | undefined): AsyncGenerator<Bytes, void> {
  let items = 0
  for (let next = await source.next(); next.done !== true;) {
    writer.add(next.value)
    while (writer.full) yield writer.take() as Bytes
    const following = source.next()
    if (++items % TURN_ITEMS === 0) await nextTurn()
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
function nothing (source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  const next = (): Promise<IteratorResult<Uint8Array>> => {
    letGo(iterator)
    return Promise.resolve({ value: undefined, done: true })
  }
  return { [Symbol.asyncIterator]: () => ({ next }) }
}

/** The source of a direction that does not exist: it may end, and no more. */
async function * refused (source: AsyncIterator<Bytes>): AsyncGenerator<Bytes, void> {
  let next = await source.next()
  while (next.done !== true && next.value.byteLength === 0) next = await source.next()
  if (next.done !== true) throw noiseError('ERR_NOISE_ONE_WAY')
  yield * []
}
