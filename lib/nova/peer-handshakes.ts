import { compareUuid, uuidKey, type Uuid } from '../bytes/index.js'
import { abortable, abortReason, asError, deferred, ignore } from '../stream/index.js'
import { encodeGreeting, newAttempt, type Greeting } from './greeting.js'
import type { HopAgreement } from './handshake-hardened.js'
import type { Offer } from './handshake-offer.js'
import type { Identity } from './identity.js'
import { Pace } from './pace.js'
import type { Attempt, Dial, Role } from './peer-attempt.js'
import { peerError } from './peer-errors.js'
import { hardenedHandshake, type NegotiatedHandshake, type PostQuantum } from './post-quantum.js'
import type { VerifyPeer } from './verify-peer.js'

/** What the handshakes with peers need. */
export interface PeerHandshakesOptions {
  readonly identity: Identity
  readonly verify: VerifyPeer
  readonly offer: Partial<Offer> | undefined
  readonly postQuantum: PostQuantum | undefined
  /** Milliseconds for one handshake. */
  readonly timeout: number
  /**
   * Handshakes of each role under way at a time: a flood of greetings must not keep us from greeting. Beyond it the oldest
   * that somebody else began makes way.
   */
  readonly maxHandshakes: number
  /** Sends a handshake packet to a peer. */
  readonly send: (peer: Uuid, body: Uint8Array) => Promise<void>
  /** Asked before a greeting is answered that nobody here waits for: false leaves it unanswered. */
  readonly welcome: (peer: Uuid) => boolean
  /**
   * Called when a peer has agreed keys with us, whoever began; `heard` when the last message was the peer's.
   *
   * @returns whether the peer is sure to have the keys; undefined when nothing came of it here
   */
  readonly onAgreement: (agreement: HopAgreement, heard: boolean) => boolean | undefined
}

/** Messages of attempts that are not under way that are answered with a no in the time of one handshake; who sent another one hears nothing, and waits. */
const MAX_STRAYS = 32

/**
 * The handshakes with peers over one link (nova.md, Link handshake, "Between peers"): one attempt a peer at a time;
 * when both start at once the lower UUID stays the initiator.
 */
export class PeerHandshakes {
  readonly #options: PeerHandshakesOptions
  readonly #attempts = new Map<string, Attempt>()
  readonly #dials = new Map<string, Dial>()
  /** Messages of attempts that are not under way, which are answered. */
  readonly #strays: Pace
  #over: Error | undefined

  constructor (options: PeerHandshakesOptions) {
    this.#options = options
    this.#strays = new Pace(MAX_STRAYS, options.timeout)
  }

  /**
   * Greets a peer, or joins the greeting that is under way. When all who wait have aborted, the greeting is given up.
   *
   * @returns a promise that resolves after `onAgreement`, whoever came first, when the peer is sure to have the keys
   * @throws ERR_PEER_REFUSED, ERR_PEER_LIMIT, ERR_PEER_TIMEOUT, ERR_PEER_UNREACHABLE, the signal's reason, and what
   * {@link HardenedHandshake} raises (as rejections)
   */
  async dial (peer: Uuid, staticKey: Uint8Array | undefined, signal: AbortSignal | undefined): Promise<void> {
    if (this.#over !== undefined) throw this.#over
    if (signal?.aborted === true) throw abortReason(signal)
    const dial = this.#dials.get(uuidKey(peer)) ?? this.#wait(peer, staticKey)
    dial.waiting++
    try {
      await abortable(dial.outcome.promise, signal)
    } finally {
      if (--dial.waiting === 0) this.#settle(dial, peerError('ERR_PEER_CLOSED'))
    }
  }

  /** Takes a handshake packet of a peer. Nothing that it says is wrong harms anything but its own attempt. */
  async receive (peer: Uuid, greeting: Greeting): Promise<void> {
    if (greeting.step === 0) return this.#lost(peer, greeting.attempt, peerError('ERR_PEER_REFUSED'))
    const attempt = greeting.step === 1 ? this.#answer(peer, greeting) : this.#attempts.get(uuidKey(peer))
    if (attempt === undefined || !same(attempt.id, greeting.attempt)) {
      // they cost who sends them nothing, where what is answered to those who take nothing fills our places at the relay
      if (mayBeLast(greeting) && this.#strays.take()) this.#decline(peer, greeting)
      return
    }
    if (attempt.busy || greeting.step !== attempt.step + 1) return
    attempt.step = greeting.step
    attempt.busy = true
    try {
      await attempt.handshake.read(greeting.message)
      attempt.busy = false
      if (this.#attempts.get(uuidKey(peer)) === attempt && this.#goOn(attempt)) return
    } catch (thrown) {
      this.#failed(attempt, asError(thrown))
    }
    this.#decline(peer, greeting)
  }

  /** The peer has shown that it has keys that were agreed. */
  confirmed (peer: Uuid): void {
    const dial = this.#dials.get(uuidKey(peer))
    if (dial !== undefined) this.#settle(dial)
  }

  /** True while a handshake with the peer is under way: a greeting that comes may bring keys. */
  underWay (peer: Uuid): boolean {
    return this.#attempts.has(uuidKey(peer))
  }

  /** True while a dial to the peer waits. */
  awaited (peer: Uuid): boolean {
    return this.#dials.has(uuidKey(peer))
  }

  /** Ends what is under way with a peer: the server cannot reach it, or it asks for too much. */
  giveUp (peer: Uuid, reason: Error): void {
    const attempt = this.#attempts.get(uuidKey(peer))
    if (attempt !== undefined) this.#drop(attempt)
    const dial = this.#dials.get(uuidKey(peer))
    if (dial !== undefined) this.#settle(dial, reason)
  }

  /** Ends every handshake with the error, and takes no more. */
  fail (error: Error): void {
    this.#over ??= error
    for (const attempt of [...this.#attempts.values()]) this.#drop(attempt)
    for (const dial of [...this.#dials.values()]) this.#settle(dial, error)
  }

  #wait (peer: Uuid, staticKey: Uint8Array | undefined): Dial {
    const key = uuidKey(peer)
    const timer = setTimeout(() => { this.#settle(dial, peerError('ERR_PEER_TIMEOUT')) }, this.#options.timeout)
    const dial: Dial = { peer: new Uint8Array(peer), staticKey: staticKey === undefined ? undefined : new Uint8Array(staticKey), outcome: deferred({ handled: true }), timer, attempt: undefined, waiting: 0 }
    this.#dials.set(key, dial)
    // a greeting of theirs that is being answered ends this dial as well
    if (!this.#attempts.has(key)) this.#initiate(dial)
    return dial
  }

  #initiate (dial: Dial): void {
    const { identity, verify, offer, postQuantum } = this.#options
    let attempt: Attempt | undefined
    try {
      if (!this.#room('initiator')) throw peerError('ERR_PEER_LIMIT', `${this.#options.maxHandshakes} handshakes`)
      const handshake = hardenedHandshake({ role: 'initiator', identity, verify, offer, peer: dial.peer, pinnedStatic: dial.staticKey }, postQuantum)
      attempt = this.#begin(dial.peer, newAttempt(), handshake, 'initiator')
      dial.attempt = attempt.id
      this.#goOn(attempt)
    } catch (thrown) {
      if (attempt !== undefined) this.#drop(attempt)
      this.#settle(dial, asError(thrown))
    }
  }

  /** A first message: begins the answer, unless our own greeting has precedence or the limit is reached. */
  #answer (peer: Uuid, greeting: Greeting): Attempt | undefined {
    const { identity, verify, offer, postQuantum, welcome } = this.#options
    if (this.#over !== undefined || !this.awaited(peer) && !welcome(peer)) return undefined
    const running = this.#attempts.get(uuidKey(peer))
    // the peer is done with that one, and what it has sent since is under the key that comes of it
    if (running?.busy === true && running.step > 1) {
      running.next = greeting
      return undefined
    }
    if (running?.role === 'initiator' && compareUuid(identity.id, peer) < 0) return undefined
    // the same greeting once more would only spoil the answer that is under way
    if (running?.role === 'responder' && same(running.id, greeting.attempt)) return undefined
    if (running?.role !== 'responder' && !this.#room('responder') && !this.#makeWay()) return undefined
    const handshake = hardenedHandshake({ role: 'responder', identity, verify, offer, peer }, postQuantum)
    // the peer has begun anew, or goes first: what was under way is over, but a dial still waits for the outcome
    if (running !== undefined) this.#drop(running)
    return this.#begin(peer, greeting.attempt, handshake, 'responder')
  }

  #begin (peer: Uuid, id: Uint8Array, handshake: NegotiatedHandshake, role: Role): Attempt {
    const attempt: Attempt = { id, peer: new Uint8Array(peer), handshake, role, step: 0, timer: undefined, busy: false, next: undefined }
    if (role === 'responder') attempt.timer = setTimeout(() => { this.#failed(attempt, peerError('ERR_PEER_TIMEOUT')) }, this.#options.timeout)
    this.#attempts.set(uuidKey(peer), attempt)
    return attempt
  }

  #room (role: Role): boolean {
    let count = 0
    for (const attempt of this.#attempts.values()) if (attempt.role === role) count++
    return count < this.#options.maxHandshakes
  }

  /**
   * Gives up the oldest answer whose peer lets us wait for its next message: who means it sends that within a round trip,
   * and who only wants to hold the place never does. One that a dial of ours waits for is kept.
   *
   * @returns false when there is none
   */
  #makeWay (): boolean {
    for (const attempt of this.#attempts.values()) {
      if (attempt.role !== 'responder' || attempt.busy || this.awaited(attempt.peer)) continue
      this.#drop(attempt)
      return true
    }
    return false
  }

  /**
   * Sends our next message if it is our turn, and finishes when there is none.
   *
   * @returns false when it has finished, and nothing comes of it
   */
  #goOn (attempt: Attempt): boolean {
    const { handshake, peer, id } = attempt
    const heard = handshake.turn !== 'write'
    if (!heard) {
      const body = encodeGreeting({ step: ++attempt.step, attempt: id, message: handshake.write() })
      this.#options.send(peer, body).catch((error: unknown) => { this.#failed(attempt, asError(error)) })
    }
    if (handshake.turn !== 'done') return true
    const agreement = handshake.result()
    this.#forget(attempt)
    const confirmed = this.#options.onAgreement(agreement, heard)
    // its keys have been copied by then
    handshake.destroy()
    // until something opens under the keys, the message that we sent last may be lost
    if (confirmed !== false) this.confirmed(peer)
    return confirmed !== undefined
  }

  /** Says of a message of an initiator that nothing comes of it: when it was the last one, a dial there waits. */
  #decline (peer: Uuid, greeting: Greeting): void {
    const { attempt } = greeting
    if (mayBeLast(greeting)) this.#options.send(peer, encodeGreeting({ step: 0, attempt, message: new Uint8Array(0) })).catch(ignore)
  }

  /** Nothing comes of an attempt of ours; but a greeting of theirs that is being answered may bring keys. */
  #lost (peer: Uuid, id: Uint8Array, error: Error): void {
    const key = uuidKey(peer)
    const dial = this.#dials.get(key)
    if (dial?.attempt !== undefined && same(dial.attempt, id) && this.#attempts.get(key)?.role !== 'responder') this.#settle(dial, error)
  }

  #failed (attempt: Attempt, error: Error): void {
    const { peer, id, role } = attempt
    const running = this.#attempts.get(uuidKey(peer)) === attempt
    if (running) this.#drop(attempt)
    // the last message may be on its way, and its attempt over
    if (role === 'initiator') return this.#lost(peer, id, error)
    const dial = this.#dials.get(uuidKey(peer))
    // that their greeting came to nothing says nothing about ours, which has what is left of the dial's time
    if (running && dial !== undefined) this.#initiate(dial)
  }

  /** Ends a dial; without an error it has succeeded. Its greeting, if it is under way, is given up. */
  #settle (dial: Dial, error?: Error): void {
    const key = uuidKey(dial.peer)
    if (this.#dials.get(key) !== dial) return
    this.#dials.delete(key)
    clearTimeout(dial.timer)
    const attempt = this.#attempts.get(key)
    if (attempt?.role === 'initiator') this.#drop(attempt)
    if (error === undefined) dial.outcome.resolve()
    else dial.outcome.reject(error)
  }

  #drop (attempt: Attempt): void {
    this.#forget(attempt)
    attempt.handshake.destroy()
  }

  #forget (attempt: Attempt): void {
    clearTimeout(attempt.timer)
    const key = uuidKey(attempt.peer)
    if (this.#attempts.get(key) === attempt) this.#attempts.delete(key)
    const { next, peer } = attempt
    attempt.next = undefined
    // after what this attempt has brought is in place
    if (next !== undefined) queueMicrotask(() => { this.receive(peer, next).catch(ignore) })
  }
}

/** A later message of an initiator. */
function mayBeLast ({ step }: Greeting): boolean {
  return step > 1 && step % 2 === 1
}

function same (a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, index) => byte === b[index])
}
