import { crypto } from '../../crypto/index.js'
import { sessionError } from './errors.js'
import { ReceivingKey, SendingKey } from './hardened-keys.js'

/** Milliseconds for which a key that was replaced still opens messages (nova.md, Session, hardened). */
const GRACE = 300_000
/** Receiving keys held at a time: the present one, those in their grace, and candidates. */
const MAX_RECEIVING = 8

/** A pair of direction keys from a handshake between peers, 32 bytes each, copied. */
export interface DirectionKeys {
  readonly seal: Uint8Array
  readonly open: Uint8Array
}

interface Held {
  readonly key: ReceivingKey
  /** When it is forgotten, on the monotonic clock; undefined for the present one. */
  until: number | undefined
}

/**
 * The keys of a hardened session: one that seals, and those that open. A new pair replaces the old one when it is
 * authenticated; the old one opens for five minutes more.
 */
export class Keyring {
  readonly #clock: () => number
  readonly #grace: number
  #sending: SendingKey | undefined
  #receiving: Held[] = []
  #candidate: { sending: SendingKey, receiving: ReceivingKey } | undefined

  /** @param options - `grace` in milliseconds, 5 minutes by default; `clock` for tests, monotonic */
  constructor (options: { grace?: number | undefined, clock?: (() => number) | undefined } = {}) {
    this.#grace = options.grace ?? GRACE
    this.#clock = options.clock ?? (() => performance.now())
  }

  /** True when messages can be sealed. */
  get ready (): boolean { return this.#sending !== undefined }

  /** @throws ERR_SESSION_NO_KEY */
  get sending (): SendingKey {
    if (this.#sending === undefined) throw sessionError('ERR_SESSION_NO_KEY')
    return this.#sending
  }

  /** Puts a pair in place that the handshake has authenticated. */
  replace (keys: DirectionKeys): void {
    this.#install(new SendingKey(keys.seal), new ReceivingKey(keys.open))
  }

  /**
   * Holds a pair of which it is not sure yet that the other side has it (the responder's of IK): it opens, and is
   * put in place when a message has opened under it.
   */
  offer (keys: DirectionKeys): void {
    this.#candidate?.sending.destroy()
    this.#candidate?.receiving.destroy()
    const candidate = {
      sending: new SendingKey(keys.seal),
      receiving: new ReceivingKey(keys.open, { commit: () => { if (this.#candidate === candidate) this.#confirm() } })
    }
    this.#candidate = candidate
  }

  /** The key of that name, if it may still open. */
  find (id: Uint8Array): ReceivingKey | undefined {
    this.#forget()
    const held = this.#receiving.find(({ key }) => crypto.equal(key.id, id))?.key
    if (held !== undefined) return held
    const candidate = this.#candidate?.receiving
    return candidate !== undefined && crypto.equal(candidate.id, id) ? candidate : undefined
  }

  /** Wipes all keys. */
  destroy (): void {
    this.#sending?.destroy()
    for (const { key } of this.#receiving.splice(0)) key.destroy()
    this.#candidate?.sending.destroy()
    this.#candidate?.receiving.destroy()
    this.#candidate = undefined
    this.#sending = undefined
  }

  #confirm (): void {
    const { sending, receiving } = this.#candidate as { sending: SendingKey, receiving: ReceivingKey }
    this.#candidate = undefined
    this.#install(sending, receiving)
  }

  #install (sending: SendingKey, receiving: ReceivingKey): void {
    const until = this.#clock() + this.#grace
    for (const held of this.#receiving) held.until ??= until
    this.#receiving.unshift({ key: receiving, until: undefined })
    for (const { key } of this.#receiving.splice(MAX_RECEIVING)) key.destroy()
    this.#sending?.destroy()
    this.#sending = sending
  }

  #forget (): void {
    const now = this.#clock()
    for (const held of this.#receiving) if (held.until !== undefined && held.until <= now) held.key.destroy()
    this.#receiving = this.#receiving.filter(held => held.until === undefined || held.until > now)
  }
}
