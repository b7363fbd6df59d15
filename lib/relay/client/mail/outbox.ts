import { checkUuid, randomUuid, uuidKey, type Uuid } from '../../../bytes/index.js'
import { RESERVED_KINDS, type Peer } from '../../../nova/index.js'
import { verifyPrekey, type VerifiedPrekey } from '../../../nova/mail/index.js'
import { abortReason, asError, codeOf, deferred, HushwireError, streamError, type Bytes, type Deferred } from '../../../stream/index.js'
import { Slots } from '../../slots.js'
import { Backoff } from '../connection/backoff.js'
import { provenPeer } from '../client.js'
import { clientError } from '../errors.js'
import type { Connection, Line } from '../connection/line.js'
import { Rests } from './rests.js'

/** The limits of mail that waits to be sent, and their defaults. */
export const OUTBOX_LIMITS = {
  /** Messages that may wait for their acknowledgement, of all recipients. */
  maxQueued: 1024,
  /** Bytes of them together. */
  maxQueuedBytes: 67_108_864,
  /** Messages that may be on their way at once; the relay can say less. */
  maxOutstanding: 64,
  /** How often the relay is asked for a prekey of somebody who has left none. */
  prekeyTries: 3
} as const

/** How mail is sent. */
export interface MailOptions {
  /** Milliseconds that the relay keeps it for a recipient who does not come. Default: as long as the relay keeps any. */
  lifetime?: number | undefined
  /** Gives the message up. When it is on its way already, it may arrive nevertheless. */
  signal?: AbortSignal | undefined
  /** Told when the relay has not taken it though a connection stands, as when its disk is full, and with what; it is tried again by itself. What this throws, the call rejects with. */
  onRetry?: ((error: Error) => void) | undefined
}

/** How hushwire's own mail is sent. */
export interface OwnMailOptions extends MailOptions {
  /** Told before each try: from the first one on, the relay may have it. */
  onTry?: (() => void) | undefined
}

/** Seals one try of a message. */
export type SealLetter = (peer: Peer, prekey: VerifiedPrekey, kind: bigint, bytes: Uint8Array) => AsyncIterable<Bytes>

/** One message to one recipient, until it is acknowledged. */
interface Letter {
  readonly id: Uuid
  readonly recipient: Uuid
  readonly kind: bigint
  readonly bytes: Uint8Array
  readonly lifetime: bigint
  readonly signal: AbortSignal | undefined
  readonly onRetry: ((error: Error) => void) | undefined
  readonly onTry: (() => void) | undefined
  readonly done: Deferred<void>
  /** Set when it cannot be sealed, which no other try would change. */
  failure?: Error
  /** Whom it is sealed to, once the relay has said so: every try is sealed to the same prekey. */
  to?: { readonly peer: Peer, readonly prekey: VerifiedPrekey }
}

/** What the relay says no with, or cannot prove, and would again. */
const FINAL: ReadonlySet<string | undefined> = new Set([
  'ERR_RELAY_UNKNOWN_TARGET', 'ERR_RELAY_QUOTA', 'ERR_RELAY_TOO_LONG', 'ERR_RELAY_NO_PREKEY', 'ERR_RELAY_MALFORMED', 'ERR_RELAY_NOT_YOUR_SOURCE', 'ERR_RELAY_NOT_REGISTERED',
  'ERR_RELAY_PROOF', 'ERR_RELAY_PROTOCOL', 'ERR_OFFER_PEER', 'ERR_PREKEY_SIGNATURE'
])

/**
 * Mail that waits for its acknowledgement: in order for one recipient, one message at a time; recipients do not wait for each
 * other. What was not acknowledged when a connection was lost is sent again on the next, under the same id.
 */
export class Outbox {
  readonly #line: Line
  readonly #seal: SealLetter
  readonly #checkPeer: (peer: Peer) => void
  readonly #limits: Readonly<Record<keyof typeof OUTBOX_LIMITS, number>>
  readonly #pauses: readonly [min: number, max: number]
  readonly #lanes = new Map<string, Letter[]>()
  readonly #slots: Slots
  readonly #rests = new Rests()
  #letters = 0
  #bytes = 0

  /** @param checkPeer - throws when the key of a peer is not the one that it is known by */
  constructor (line: Line, options: { seal: SealLetter, checkPeer: (peer: Peer) => void, limits: Readonly<Record<keyof typeof OUTBOX_LIMITS | 'reconnectMin' | 'reconnectMax', number>> }) {
    this.#line = line
    this.#seal = options.seal
    this.#checkPeer = options.checkPeer
    this.#limits = options.limits
    this.#pauses = [options.limits.reconnectMin, options.limits.reconnectMax]
    this.#slots = new Slots(options.limits.maxOutstanding)
  }

  /** Messages that wait for their acknowledgement. */
  get length (): number { return this.#letters }

  attach ({ hello }: Connection): void {
    this.#slots.places = Math.max(1, Math.min(this.#limits.maxOutstanding, hello.maxOutstanding))
  }

  /** Sends mail of any kind, hushwire's own too; see `PeerHandle.send`. */
  async send (recipient: Uuid, kind: bigint, bytes: Uint8Array, { lifetime = 0, signal, onRetry, onTry }: OwnMailOptions = {}): Promise<void> {
    checkUuid(recipient)
    if (signal?.aborted === true) throw abortReason(signal)
    if (!(bytes instanceof Uint8Array)) throw streamError('ERR_ARGUMENT', 'mail is a Uint8Array')
    if (!Number.isSafeInteger(lifetime) || lifetime < 0) throw streamError('ERR_ARGUMENT', 'lifetime is a whole number of milliseconds')
    if (bytes.byteLength > this.#limits.maxQueuedBytes) throw clientError('ERR_RELAY_QUEUE', `these ${bytes.byteLength} bytes alone are more than maxQueuedBytes, ${this.#limits.maxQueuedBytes}`)
    if (this.#letters >= this.#limits.maxQueued || this.#bytes + bytes.byteLength > this.#limits.maxQueuedBytes) throw clientError('ERR_RELAY_QUEUE')
    const letter: Letter = { id: randomUuid(), recipient: new Uint8Array(recipient), kind, bytes, lifetime: BigInt(lifetime), signal, onRetry, onTry, done: deferred({ handled: true }) }
    const giveUp = (): void => { this.#giveUp(letter) }
    signal?.addEventListener('abort', giveUp, { once: true })
    this.#post(letter)
    await letter.done.promise.finally(() => { signal?.removeEventListener('abort', giveUp) })
  }

  #post (letter: Letter): void {
    this.#letters++
    this.#bytes += letter.bytes.byteLength
    const key = uuidKey(letter.recipient)
    const lane = this.#lanes.get(key)
    if (lane !== undefined) {
      lane.push(letter)
      return
    }
    const begun = [letter]
    this.#lanes.set(key, begun)
    void this.#run(key, begun)
  }

  /** Nobody waits for it any more. The first of its lane is given up by the lane. */
  #giveUp (letter: Letter): void {
    letter.done.reject(abortReason(letter.signal as AbortSignal))
    const lane = this.#lanes.get(uuidKey(letter.recipient)) ?? []
    const at = lane.indexOf(letter)
    if (at > 0) this.#remove(lane, at)
  }

  #remove (lane: Letter[], at: number): void {
    for (const { bytes } of lane.splice(at, 1)) {
      this.#letters--
      this.#bytes -= bytes.byteLength
    }
  }

  async #run (key: string, lane: Letter[]): Promise<void> {
    for (let letter = lane[0]; letter !== undefined; letter = lane[0]) {
      await this.#deliver(letter).then(letter.done.resolve, letter.done.reject)
      this.#remove(lane, 0)
    }
    this.#lanes.delete(key)
  }

  /** Tries until the relay has it, or it cannot be. */
  async #deliver (letter: Letter): Promise<void> {
    const backoff = new Backoff(...this.#pauses)
    for (let refusals = 0; ;) {
      const connection = await this.#line.connected(letter.signal)
      try {
        await this.#try(connection, letter)
        return
      } catch (error) {
        if (letter.signal?.aborted === true) throw error
        const again = codeOf(error) === 'ERR_RELAY_NO_PREKEY' && ++refusals < this.#limits.prekeyTries
        if (letter.failure !== undefined) throw letter.failure
        if (!again && !connection.ended.aborted && isFinal(error)) throw error
        if (!connection.ended.aborted) letter.onRetry?.(asError(error))
        // those behind it do not wait for one that is given up
        await this.#rests.pause(backoff.next(), connection.ended, letter.signal)
      }
    }
  }

  async #try (connection: Connection, letter: Letter): Promise<void> {
    const { id, recipient, kind, lifetime } = letter
    letter.to ??= await this.#address(connection, recipient)
    await this.#slots.use(async () => {
      if (letter.signal?.aborted === true) throw abortReason(letter.signal)
      letter.onTry?.()
      await connection.ask('mail', { id, recipient, kind, lifetime }, this.#sealed(letter))
    })
  }

  /** Sealed anew; what it fails with is the letter's, not the connection's. */
  async * #sealed (letter: Letter): AsyncGenerator<Bytes, void> {
    try {
      const { peer, prekey } = letter.to as NonNullable<Letter['to']>
      yield * this.#seal(peer, prekey, letter.kind, letter.bytes)
    } catch (error) {
      letter.failure = asError(error)
      throw error
    }
  }

  /** Whom the relay says mail is to be sealed to, as far as it proves itself. */
  async #address (connection: Connection, recipient: Uuid): Promise<NonNullable<Letter['to']>> {
    const answer = await connection.ask('takePrekey', { id: recipient })
    const peer = provenPeer(answer, recipient)
    this.#checkPeer(peer)
    // before anybody is told of a try: mail is sealed to nothing else
    return { peer, prekey: verifyPrekey(peer.publicKey, answer.prekey) }
  }
}

/** True for what the relay has said no with, so that it does not have the mail. */
export function isRefusal (error: unknown): boolean {
  return FINAL.has(codeOf(error))
}

/** What is none of our errors is a mistake of ours, which no other try would change. */
function isFinal (error: unknown): boolean {
  return !(error instanceof HushwireError) || isRefusal(error)
}

/** @throws ERR_ARGUMENT unless it is a kind of an application's: from 0 up to and without 2^63 */
export function checkKind (kind: bigint): void {
  if (typeof kind !== 'bigint' || kind < 0n || kind >= RESERVED_KINDS) throw streamError('ERR_ARGUMENT', 'a kind is a bigint from 0 up to 2^63 - 1')
}
