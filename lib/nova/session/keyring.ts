import { crypto } from '../../crypto/index.js'
import { sessionError } from './errors.js'
import { ReceivingKey, SendingKey } from './hardened-keys.js'

/** Milliseconds for which a key that was replaced still opens messages (nova.md, Session, hardened). */
const GRACE = 300_000
/** Receiving keys held at a time: the present one and those in their grace. A candidate comes on top. */
const MAX_RECEIVING = 8

/** A pair of direction keys from a handshake between peers, 32 bytes each, copied. */
export interface DirectionKeys {
  readonly seal: Uint8Array
  readonly open: Uint8Array
}

interface Pair {
  readonly sending: SendingKey
  readonly receiving: ReceivingKey
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
  readonly #onConfirmed: (() => void) | undefined
  #sending: SendingKey | undefined
  #confirmed = false
  #receiving: Held[] = []
  #candidate: Pair | undefined

  /** @param options - `grace` in milliseconds, 5 minutes by default; `clock` for tests, monotonic; `onConfirmed`: called when the pair that was put in place by {@link Keyring.offer} is confirmed */
  constructor (options: { grace?: number | undefined, clock?: (() => number) | undefined, onConfirmed?: (() => void) | undefined } = {}) {
    this.#grace = options.grace ?? GRACE
    this.#clock = options.clock ?? (() => performance.now())
    this.#onConfirmed = options.onConfirmed
  }

  /** True when messages can be sealed. */
  get ready (): boolean { return this.#sending !== undefined }

  /** True when the other side is sure to have the pair that is in place. */
  get confirmed (): boolean { return this.#confirmed }

  /**
   * The key that seals, until the next pair is put in place: not to be kept.
   *
   * @throws ERR_SESSION_NO_KEY
   */
  get sending (): SendingKey {
    if (this.#sending === undefined) throw sessionError('ERR_SESSION_NO_KEY')
    return this.#sending
  }

  /**
   * Puts a pair in place that the handshake has authenticated.
   *
   * @throws ERR_SESSION_KEY
   */
  replace (keys: DirectionKeys): void {
    const pair = { sending: new SendingKey(keys.seal), receiving: new ReceivingKey(keys.open) }
    // an older offer may still open what is under way, but is not to come back in place
    const candidate = this.#candidate
    this.#candidate = undefined
    candidate?.sending.destroy()
    if (candidate !== undefined) this.#receiving.unshift({ key: candidate.receiving, until: undefined })
    this.#install(pair)
    this.#confirmed = true
  }

  /**
   * Takes a pair of which it is not sure yet that the other side has it (of who sent the last message of the handshake): it opens, and is put
   * in place when a message has opened under it; at once where no pair is confirmed.
   *
   * @throws ERR_SESSION_KEY
   */
  offer (keys: DirectionKeys): void {
    const pair: Pair = {
      sending: new SendingKey(keys.seal),
      receiving: new ReceivingKey(keys.open, { commit: () => { this.#confirm(pair) } })
    }
    if (!this.#confirmed) return this.#install(pair)
    this.#dropCandidate()
    this.#candidate = pair
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
    this.#dropCandidate()
    this.#sending = undefined
    this.#confirmed = false
  }

  #confirm (pair: Pair): void {
    if (pair === this.#candidate) {
      this.#candidate = undefined
      this.#install(pair)
    }
    if (pair.sending !== this.#sending || this.#confirmed) return
    this.#confirmed = true
    this.#onConfirmed?.()
  }

  #install ({ sending, receiving }: Pair): void {
    this.#forget()
    const until = this.#clock() + this.#grace
    for (const held of this.#receiving) held.until ??= until
    this.#receiving.unshift({ key: receiving, until: undefined })
    for (const { key } of this.#receiving.splice(MAX_RECEIVING)) key.destroy()
    this.#sending?.destroy()
    this.#sending = sending
  }

  #dropCandidate (): void {
    this.#candidate?.sending.destroy()
    this.#candidate?.receiving.destroy()
    this.#candidate = undefined
  }

  #forget (): void {
    const now = this.#clock()
    for (const held of this.#receiving) if (held.until !== undefined && held.until <= now) held.key.destroy()
    this.#receiving = this.#receiving.filter(held => held.until === undefined || held.until > now)
  }
}
