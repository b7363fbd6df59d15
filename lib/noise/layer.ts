import { TAG_BYTES, wipe } from '../crypto/index.js'
import { asError, ByteQueue, ignore, letGo, owning, type Bytes, type Layer } from '../stream/index.js'
import type { CipherState } from './cipher-state.js'
import { noiseError } from './errors.js'
import type { NoiseResult } from './handshake.js'
import { MessageDecoder, type LengthBytes } from './message-framing.js'
import { MessageWriter } from './message-writer.js'
import { soon } from './soon.js'

/** Messages under one key, where both ends agree to rekey and nobody says otherwise. */
export const REKEY_AFTER = 2 ** 20

/** From so many bytes on, what has been opened is passed on. */
const BATCH = 131_072
const NO_DATA = new Uint8Array(0)

/** What an end of the stream means. */
export type NoiseEnd = 'authenticated' | 'unauthenticated'

/** Options of {@link noiseLayer}. */
export interface NoiseLayerOptions {
  /** Bytes of the length before each message. Default 4. */
  lengthBytes?: LengthBytes | undefined
  /**
   * `authenticated`: both ends say their end in an empty message, and an end without it is an error. `unauthenticated`:
   * the transport's end is taken for the other side's; whoever can cut the connection can then cut the data short
   * unseen, so choose it where what lies above has an end of its own. Unless given, no end is said, and the
   * transport's is an error.
   */
  end?: NoiseEnd | undefined
  /** Both ends replace the key of a direction after so many messages; {@link REKEY_AFTER} is a good number. Unless given, never. */
  rekeyAfter?: number | undefined
  /** Lets `rekey` be called: what comes is then opened message by message, each only when it is asked for. */
  manualRekey?: boolean | undefined
}

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
  return {
    inbound: source => oneWay === 'send' ? nothing(source) : inbound(source, receive, options),
    outbound: source => outbound(source, iterator => oneWay === 'receive' ? refused(iterator) : seal(iterator, writer, options.end)),
    rekey: which => {
      if (options.manualRekey !== true) throw noiseError('ERR_NOISE_OPTIONS', 'rekey needs manualRekey')
      if (oneWay !== undefined && oneWay !== which) throw noiseError('ERR_NOISE_ONE_WAY')
      if (which === 'send') writer.rekey()
      else receive.rekey()
    },
    destroy: () => {
      send.destroy()
      receive.destroy()
    }
  }
}

/** @throws ERR_NOISE_OPTIONS when one is not what it may be, or two contradict each other */
export function checkLayerOptions ({ lengthBytes, end, rekeyAfter, manualRekey }: NoiseLayerOptions): void {
  const length: number | undefined = lengthBytes
  const ending: string | undefined = end
  if (length !== undefined && length !== 2 && length !== 4) throw noiseError('ERR_NOISE_OPTIONS', 'lengthBytes is 2 or 4')
  if (ending !== undefined && ending !== 'authenticated' && ending !== 'unauthenticated') throw noiseError('ERR_NOISE_OPTIONS', 'end is authenticated or unauthenticated')
  if (rekeyAfter !== undefined && !(Number.isSafeInteger(rekeyAfter) && rekeyAfter > 0)) throw noiseError('ERR_NOISE_OPTIONS', 'rekeyAfter is a number of messages')
  if (rekeyAfter !== undefined && manualRekey === true) throw noiseError('ERR_NOISE_OPTIONS', 'rekeyAfter or manualRekey, not both')
}

async function * inbound (source: AsyncIterable<Uint8Array>, cipher: CipherState, options: NoiseLayerOptions): AsyncGenerator<Uint8Array> {
  const decoder = new MessageDecoder(options.lengthBytes ?? 4)
  const opener = new Opener(decoder, cipher, options)
  for await (const chunk of source) {
    decoder.push(chunk)
    for (let more = true; more;) {
      more = opener.open()
      yield * opener.take()
    }
    // what has come before a message that is wrong is given out first, however the two were cut
    if (opener.failure !== undefined) throw opener.failure
    if (opener.ended) return
  }
  decoder.end()
  if (options.end !== 'unauthenticated') throw noiseError('ERR_NOISE_UNAUTHENTICATED_END', options.end === undefined ? 'choose by the option end whether both ends say their end, or an end like this is taken' : undefined)
}

/** Opens the messages of a chunk, in batches. */
class Opener {
  readonly #decoder: MessageDecoder
  readonly #cipher: CipherState
  readonly #batch: number
  readonly #rekeyAfter: bigint | undefined
  readonly #endSaid: boolean
  readonly #opened = new ByteQueue()
  /** The first piece of a batch, until there is another. */
  #only: Uint8Array | undefined
  /** True when the other side has said its end. */
  ended = false
  /** Why there is no more. */
  failure: Error | undefined

  constructor (decoder: MessageDecoder, cipher: CipherState, { end, rekeyAfter, manualRekey }: NoiseLayerOptions) {
    this.#decoder = decoder
    this.#cipher = cipher
    // with manual rekey, the next message may be sealed under another key
    this.#batch = manualRekey === true ? 1 : BATCH
    this.#rekeyAfter = rekeyAfter === undefined ? undefined : BigInt(rekeyAfter)
    this.#endSaid = end === 'authenticated'
  }

  /** Opens until a batch is full (true: there may be more), or the chunk is used up. */
  open (): boolean {
    try {
      while (this.#length < this.#batch) {
        const message = this.#decoder.next()
        if (message === undefined) return false
        for (const piece of this.#cipher.open(NO_DATA, [message])) this.#keep(piece)
        if (this.#endSaid && message.byteLength === TAG_BYTES) {
          this.ended = true
          return false
        }
        if (this.#rekeyAfter !== undefined && this.#cipher.nonce % this.#rekeyAfter === 0n) this.#cipher.rekey()
      }
      return true
    } catch (error) {
      this.#cipher.destroy()
      this.failure = asError(error)
      return false
    }
  }

  /** What was opened, small pieces in one. */
  take (): Uint8Array[] {
    if (this.#only === undefined) return this.#opened.take(this.#opened.length)
    const only = this.#only
    this.#only = undefined
    return [only]
  }

  get #length (): number { return this.#only?.byteLength ?? this.#opened.length }

  #keep (piece: Uint8Array): void {
    if (this.#length === 0) {
      this.#only = piece
      return
    }
    if (this.#only !== undefined) this.#opened.push(this.#only)
    this.#only = undefined
    this.#opened.push(piece)
  }
}

function outbound (source: AsyncIterable<Bytes>, transform: (iterator: AsyncIterator<Bytes>) => AsyncGenerator<Bytes, void>): AsyncIterableIterator<Bytes> {
  const iterator = source[Symbol.asyncIterator]()
  return owning(transform(iterator), iterator, ignore)
}

async function * seal (source: AsyncIterator<Bytes>, writer: MessageWriter, end: NoiseEnd | undefined): AsyncGenerator<Bytes, void> {
  for (let next = await source.next(); next.done !== true;) {
    let following: Promise<IteratorResult<Bytes>>
    for (;;) {
      writer.add(next.value)
      while (writer.full) yield writer.take() as Bytes
      following = source.next()
      const ready = await soon(following)
      if (ready === undefined) break
      next = ready
      if (next.done === true) break
    }
    const batch = writer.take()
    if (batch !== undefined) yield batch
    next = await following
  }
  if (end === 'authenticated') {
    writer.end()
    yield writer.take() as Bytes
  }
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
