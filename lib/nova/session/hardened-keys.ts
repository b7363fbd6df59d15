import { type BulkAead, crypto, hkdfExpand, KEY_BYTES, wipe } from '../../crypto/index.js'
import { join, type MaybePromise } from '../../stream/index.js'
import { ReplayWindow } from '../replay-window.js'
import { sessionError } from './errors.js'

/** Version of the body. */
export const BODY_VERSION = 1
/** Bytes of the name of a key. */
export const KEY_ID_BYTES = 8
const SALT_BYTES = 16
/** version u8 | keyId (8) | counter u64 | salt (16). */
export const BODY_HEADER_BYTES = 1 + KEY_ID_BYTES + 8 + SALT_BYTES
const COUNTER_AT = 1 + KEY_ID_BYTES

/** One direction's key as the peer handshake gave it. It derives, and is wiped when it is destroyed. */
class DirectionKey {
  /** 8 bytes that name the key on the wire. */
  readonly id: Uint8Array
  readonly #key: Uint8Array
  #destroyed = false

  constructor (key: Uint8Array) {
    if (key.byteLength !== KEY_BYTES) throw sessionError('ERR_SESSION_KEY')
    this.#key = new Uint8Array(key)
    this.id = hkdfExpand(crypto.sha256, this.#key, ID_INFO, KEY_ID_BYTES)
  }

  get destroyed (): boolean { return this.#destroyed }

  /**
   * The cipher of the message with this header, the caller's to destroy.
   *
   * @throws ERR_SESSION_DESTROYED
   */
  message (header: Uint8Array): BulkAead {
    if (this.#destroyed) throw sessionError('ERR_SESSION_DESTROYED')
    const key = hkdfExpand(crypto.sha256, this.#key, join([MESSAGE_INFO, header]), KEY_BYTES)
    const aead = crypto.bulkAesGcm(key)
    wipe(key)
    return aead
  }

  /** Wipes the key. Messages that have begun go on. */
  destroy (): void {
    this.#destroyed = true
    wipe(this.#key)
  }
}

/** The key of the direction from here, with the counter of its messages. */
export class SendingKey extends DirectionKey {
  #counter: number

  /**
   * @param key - 32 bytes, copied
   * @param options - `counter`: the first that may be used, 0 by default; a key that was stored goes on above what was reserved
   */
  constructor (key: Uint8Array, options: { counter?: number | undefined } = {}) {
    super(key)
    this.#counter = options.counter ?? 0
  }

  /** The counter of the next message. */
  get counter (): number { return this.#counter }

  /**
   * The header of the next message.
   *
   * @throws ERR_SESSION_KEY_EXHAUSTED after 2^53 - 1 messages
   */
  nextHeader (): Uint8Array {
    if (!Number.isSafeInteger(this.#counter)) throw sessionError('ERR_SESSION_KEY_EXHAUSTED')
    const header = new Uint8Array(BODY_HEADER_BYTES)
    header[0] = BODY_VERSION
    header.set(this.id, 1)
    new DataView(header.buffer).setBigUint64(COUNTER_AT, BigInt(this.#counter++))
    header.set(crypto.randomBytes(SALT_BYTES), BODY_HEADER_BYTES - SALT_BYTES)
    return header
  }
}

/** The key of the direction to here, with the window of the counters that were used. */
export class ReceivingKey extends DirectionKey {
  readonly #window: ReplayWindow
  readonly #commit: ((counter: number) => MaybePromise<void>) | undefined

  /**
   * @param key - 32 bytes, copied
   * @param options - `width` of the window, 1,024 by default; `floor`: counters up to this one count as too old, for a
   * key that was stored; `commit`: called with each counter before anything of its message is delivered, to store it
   */
  constructor (key: Uint8Array, options: { width?: number | undefined, floor?: number | undefined, commit?: ((counter: number) => MaybePromise<void>) | undefined } = {}) {
    super(key)
    this.#window = new ReplayWindow(options.width, options.floor)
    this.#commit = options.commit
  }

  /** @throws ERR_SESSION_REPLAYED when the counter was used, or is too old */
  check (counter: number): void {
    if (!this.#window.accepts(counter)) throw sessionError('ERR_SESSION_REPLAYED')
  }

  /** Uses the counter up. Of two messages with one counter, the second to get here is refused. @throws ERR_SESSION_REPLAYED, and what `commit` does (as rejections) */
  async use (counter: number): Promise<void> {
    this.check(counter)
    this.#window.mark(counter)
    await this.#commit?.(counter)
  }
}

/**
 * Takes the header of a body apart.
 *
 * @throws ERR_SESSION_VERSION, ERR_SESSION_COUNTER
 */
export function readBodyHeader (header: Uint8Array): { keyId: Uint8Array, counter: number } {
  if (header[0] !== BODY_VERSION) throw sessionError('ERR_SESSION_VERSION', String(header[0]))
  const counter = new DataView(header.buffer, header.byteOffset).getBigUint64(COUNTER_AT)
  if (counter > Number.MAX_SAFE_INTEGER) throw sessionError('ERR_SESSION_COUNTER')
  return { keyId: header.subarray(1, COUNTER_AT), counter: Number(counter) }
}

const ID_INFO = new TextEncoder().encode('hushwire/session/1 id')
const MESSAGE_INFO = new TextEncoder().encode('hushwire/session/1 message')
