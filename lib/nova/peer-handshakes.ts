import { compareUuid, uuidKey, type Uuid } from '../bytes/index.js'
import { asError, deferred, type Deferred } from '../stream/index.js'
import { encodeGreeting, newAttempt, type Greeting } from './greeting.js'
import { HardenedHandshake, type HopAgreement } from './handshake-hardened.js'
import type { Offer } from './handshake-offer.js'
import type { Identity } from './identity.js'
import { peerError } from './peer-errors.js'
import type { VerifyPeer } from './verify-peer.js'

/** What the handshakes with peers need. */
export interface PeerHandshakesOptions {
  readonly identity: Identity
  readonly verify: VerifyPeer
  readonly offer: Partial<Offer> | undefined
  /** Milliseconds for one handshake. */
  readonly timeout: number
  /** Handshakes of either role under way at a time. */
  readonly maxHandshakes: number
  /** Sends a handshake packet to a peer. */
  readonly send: (peer: Uuid, body: Uint8Array) => Promise<void>
  /** Called when a peer has agreed keys with us, whoever began. */
  readonly onAgreement: (agreement: HopAgreement) => void
}

/** One handshake under way. */
interface Attempt {
  readonly id: Uint8Array
  readonly peer: Uuid
  readonly handshake: HardenedHandshake
  readonly role: 'initiator' | 'responder'
  /** The step of the last message that was sent or read. */
  step: number
  timer: ReturnType<typeof setTimeout> | undefined
  /** While a message is being checked: the callback about the peer may take its time. */
  busy: boolean
}

/**
 * The handshakes with peers over one link (nova.md, Link handshake, "Between peers"): one attempt a peer at a time;
 * when both start at once the lower UUID stays the initiator.
 */
export class PeerHandshakes {
  readonly #options: PeerHandshakesOptions
  readonly #attempts = new Map<string, Attempt>()
  readonly #dials = new Map<string, Deferred<HopAgreement>>()

  constructor (options: PeerHandshakesOptions) {
    this.#options = options
  }

  /**
   * Greets a peer, or joins the greeting that is under way.
   *
   * @returns what was agreed, whoever came first
   * @throws ERR_PEER_LIMIT, ERR_PEER_TIMEOUT, ERR_PEER_UNREACHABLE, and what {@link HardenedHandshake} raises (as rejections)
   */
  dial (peer: Uuid, staticKey: Uint8Array | undefined): Promise<HopAgreement> {
    const key = uuidKey(peer)
    const running = this.#dials.get(key)
    if (running !== undefined) return running.promise
    const dial = deferred<HopAgreement>({ handled: true })
    this.#dials.set(key, dial)
    // a greeting of theirs that is being answered ends this dial as well
    if (!this.#attempts.has(key)) this.#initiate(peer, staticKey)
    return dial.promise
  }

  /** Takes a handshake packet of a peer. Nothing that it says is wrong harms anything but its own attempt. */
  async receive (peer: Uuid, greeting: Greeting): Promise<void> {
    const attempt = greeting.step === 1 ? this.#answer(peer, greeting) : this.#attempts.get(uuidKey(peer))
    if (attempt === undefined || attempt.busy || greeting.step !== attempt.step + 1 || !same(attempt.id, greeting.attempt)) return
    attempt.step = greeting.step
    attempt.busy = true
    try {
      await attempt.handshake.read(greeting.message)
      attempt.busy = false
      if (this.#attempts.get(uuidKey(peer)) === attempt) this.#goOn(attempt)
    } catch (thrown) {
      this.#failed(attempt, asError(thrown))
    }
  }

  /** True while a dial to the peer waits. */
  awaited (peer: Uuid): boolean {
    return this.#dials.has(uuidKey(peer))
  }

  /** The server cannot reach the peer. */
  unreachable (peer: Uuid, reason: Error): void {
    const attempt = this.#attempts.get(uuidKey(peer))
    if (attempt !== undefined) this.#failed(attempt, reason)
  }

  /** Ends every handshake with the error. */
  fail (error: Error): void {
    for (const attempt of [...this.#attempts.values()]) this.#failed(attempt, error)
    for (const dial of this.#dials.values()) dial.reject(error)
    this.#dials.clear()
  }

  #initiate (peer: Uuid, staticKey: Uint8Array | undefined): void {
    try {
      const { identity, verify, offer } = this.#options
      const handshake = new HardenedHandshake({ role: 'initiator', identity, verify, offer, peer, pinnedStatic: staticKey })
      this.#goOn(this.#begin(peer, newAttempt(), handshake, 'initiator'))
    } catch (thrown) {
      this.#dials.get(uuidKey(peer))?.reject(asError(thrown))
      this.#dials.delete(uuidKey(peer))
    }
  }

  /** A first message: begins the answer, unless our own greeting has precedence or the limit is reached. */
  #answer (peer: Uuid, greeting: Greeting): Attempt | undefined {
    const { identity, verify, offer, maxHandshakes } = this.#options
    const running = this.#attempts.get(uuidKey(peer))
    if (running?.role === 'initiator' && compareUuid(identity.id, peer) < 0) return undefined
    if (running === undefined && this.#attempts.size >= maxHandshakes) return undefined
    // the peer has begun anew, or goes first: what was under way is over, but a dial still waits for the outcome
    if (running !== undefined) this.#drop(running)
    const handshake = new HardenedHandshake({ role: 'responder', identity, verify, offer, peer })
    return this.#begin(peer, greeting.attempt, handshake, 'responder')
  }

  #begin (peer: Uuid, id: Uint8Array, handshake: HardenedHandshake, role: 'initiator' | 'responder'): Attempt {
    if (this.#attempts.size >= this.#options.maxHandshakes) throw peerError('ERR_PEER_LIMIT', `${this.#attempts.size} handshakes`)
    const attempt: Attempt = { id, peer: peer.slice(), handshake, role, step: 0, timer: undefined, busy: false }
    attempt.timer = setTimeout(() => { this.#failed(attempt, peerError('ERR_PEER_TIMEOUT')) }, this.#options.timeout)
    this.#attempts.set(uuidKey(peer), attempt)
    return attempt
  }

  /** Sends our next message if it is our turn, and finishes when there is none. */
  #goOn (attempt: Attempt): void {
    const { handshake } = attempt
    if (handshake.turn === 'write') {
      const body = encodeGreeting({ step: ++attempt.step, attempt: attempt.id, message: handshake.write() })
      this.#options.send(attempt.peer, body).catch((error: unknown) => { this.#failed(attempt, asError(error)) })
    }
    if (handshake.turn !== 'done') return
    const key = uuidKey(attempt.peer)
    const agreement = handshake.result()
    this.#forget(attempt)
    this.#options.onAgreement(agreement)
    this.#dials.get(key)?.resolve(agreement)
    this.#dials.delete(key)
    // its keys have been copied by then
    handshake.destroy()
  }

  #failed (attempt: Attempt, error: Error): void {
    const key = uuidKey(attempt.peer)
    if (this.#attempts.get(key) !== attempt) return
    this.#drop(attempt)
    this.#dials.get(key)?.reject(error)
    this.#dials.delete(key)
  }

  #drop (attempt: Attempt): void {
    this.#forget(attempt)
    attempt.handshake.destroy()
  }

  #forget (attempt: Attempt): void {
    clearTimeout(attempt.timer)
    this.#attempts.delete(uuidKey(attempt.peer))
  }
}

function same (a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index])
}
