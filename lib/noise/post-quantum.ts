import { HushwireError, join, type Handshake, type MaybePromise } from '../stream/index.js'
import { noiseError } from './errors.js'
import type { Role } from './handshake-state.js'

/**
 * What an end wants of the hybrid pattern: nothing else (`required`), it where the other side takes it (`offered`),
 * never (`off`).
 */
export type PostQuantumMode = 'required' | 'offered' | 'off'

/** Options of {@link PostQuantumHandshake}. */
export interface PostQuantumOptions<Result> {
  role: Role
  mode: PostQuantumMode
  /** The prologue of the handshake; where there was an offer, it and the choice are put before it. */
  prologue?: Uint8Array | undefined
  /**
   * Makes the handshake that was chosen, with this prologue and the same role. Called once; with `hybrid` false alone
   * in mode `off`, with true alone in mode `required`.
   */
  make: (hybrid: boolean, prologue: Uint8Array) => Handshake<Result>
}

/** Begins the prologue where there was an offer. */
const LABEL = new TextEncoder().encode('hushwire/noise-pq/1')
/** The one offer there is: the pattern with ML-KEM-768, or without. */
const OFFER = 1
const CLASSIC = 0
const HYBRID = 1
/** Bytes that the first message of a hybrid pattern has at least: `e` and `e1`, a key of ML-KEM-768. */
const HYBRID_FIRST = 32 + 1184

/**
 * Settles whether a handshake is the hybrid or the classic one, then is that handshake. Messages in, messages out.
 *
 * An initiator that offers sends one byte first, and the responder answers with one: its choice. Both bytes are bound in
 * the prologue, so a choice that somebody else made, or an offer that was taken away, fails the handshake. In the modes
 * `required` and `off` an initiator sends nothing of this and simply begins; a responder in any mode answers an offer.
 * A responder that offers takes a beginning without an offer too: for the hybrid one from 1,216 bytes on.
 *
 * Only `required` at one end and `off` at the other do not come together: the first message that does not fit fails,
 * and the error says what this end is set to.
 *
 * @example
 * ```ts runnable
 * import { NoiseHandshake, noiseProtocol, PostQuantumHandshake, type Role } from 'hushwire/noise'
 * import { mlKem768 } from 'hushwire/noise/hybrid'
 *
 * const classic = noiseProtocol('Noise_NN_25519_ChaChaPoly_SHA256')
 * const hybrid = noiseProtocol('Noise_NNhfs_25519+MLKEM768_ChaChaPoly_SHA256', { kems: [mlKem768] })
 * const handshake = (role: Role) => new PostQuantumHandshake({
 *   role,
 *   mode: 'offered',
 *   make: (chosen, prologue) => new NoiseHandshake({ role, prologue, protocol: chosen ? hybrid : classic })
 * })
 * const [alice, bob] = [handshake('initiator'), handshake('responder')]
 * while (alice.turn !== 'done') {
 *   if (alice.turn === 'write') await bob.read(await alice.write())
 *   else await alice.read(await bob.write())
 * }
 * console.log(alice.hybrid, bob.hybrid) // true true
 * ```
 */
export class PostQuantumHandshake<Result> implements Handshake<Result> {
  readonly #options: PostQuantumOptions<Result>
  #state: 'offer' | 'answer' | 'first' | 'choose' | 'inner' | 'destroyed'
  #inner: Handshake<Result> | undefined
  #hybrid: boolean | undefined
  /** True when no offer was made, so that a first message which does not fit may be one of the other pattern. */
  #unsaid = false

  /** @throws ERR_NOISE_OPTIONS when the mode or the role is none, and what `make` throws */
  constructor (options: PostQuantumOptions<Result>) {
    const { role, mode }: { role: string, mode: string } = options
    if (role !== 'initiator' && role !== 'responder') throw noiseError('ERR_NOISE_OPTIONS', 'the role is initiator or responder')
    if (mode !== 'required' && mode !== 'offered' && mode !== 'off') throw noiseError('ERR_NOISE_OPTIONS', 'post-quantum is required, offered or off')
    this.#options = options
    this.#state = role === 'responder' ? 'first' : 'offer'
    if (role === 'initiator' && mode !== 'offered') this.#begin(mode === 'required')
  }

  get turn (): 'write' | 'read' | 'done' {
    if (this.#state === 'inner') return (this.#inner as Handshake<Result>).turn
    return this.#state === 'offer' || this.#state === 'choose' ? 'write' : 'read'
  }

  /** Whether the handshake is the hybrid one; undefined until that is settled. It proves nothing before the handshake is done. */
  get hybrid (): boolean | undefined {
    return this.#hybrid
  }

  /**
   * The next message: one byte of the negotiation, or the handshake's.
   *
   * @throws ERR_NOISE_TURN, ERR_NOISE_DESTROYED, and what `make` and the handshake throw
   */
  write (): MaybePromise<Uint8Array> {
    if (this.#state === 'inner') return (this.#inner as Handshake<Result>).write()
    return this.#guard(() => {
      if (this.#state === 'offer') {
        this.#state = 'answer'
        return Uint8Array.of(OFFER)
      }
      if (this.#state !== 'choose') throw noiseError('ERR_NOISE_TURN')
      const hybrid = this.#options.mode !== 'off'
      this.#begin(hybrid, OFFER)
      return Uint8Array.of(hybrid ? HYBRID : CLASSIC)
    })
  }

  /**
   * Takes the next message of the other side.
   *
   * @throws ERR_NOISE_NEGOTIATION, ERR_NOISE_TURN, ERR_NOISE_DESTROYED, and what `make` and the handshake throw
   */
  read (message: Uint8Array): MaybePromise<void> {
    return this.#guard(() => {
      if (this.#state === 'answer') return this.#readChoice(message)
      if (this.#state === 'first') return this.#readFirst(message)
      if (this.#state !== 'inner') throw noiseError('ERR_NOISE_TURN')
      return this.#readInner(message)
    })
  }

  /** @throws ERR_NOISE_TURN before the last message, ERR_NOISE_DESTROYED after a failure */
  result (): Result {
    if (this.#state === 'destroyed') throw noiseError('ERR_NOISE_DESTROYED')
    if (this.#inner === undefined) throw noiseError('ERR_NOISE_TURN', 'the handshake is not done')
    return this.#inner.result()
  }

  destroy (): void {
    this.#state = 'destroyed'
    this.#inner?.destroy()
    this.#inner = undefined
  }

  #readChoice (message: Uint8Array): void {
    const [choice] = message
    if (message.byteLength !== 1 || (choice !== CLASSIC && choice !== HYBRID)) throw noiseError('ERR_NOISE_NEGOTIATION', 'no answer to the offer')
    this.#begin(choice === HYBRID, OFFER)
  }

  #readFirst (message: Uint8Array): MaybePromise<void> {
    if (message.byteLength !== 1) {
      const { mode } = this.#options
      this.#begin(mode === 'required' || mode === 'offered' && message.byteLength >= HYBRID_FIRST)
      return this.#readInner(message)
    }
    if (message[0] !== OFFER) throw noiseError('ERR_NOISE_NEGOTIATION', `an offer of ${message[0] as number}`)
    this.#state = 'choose'
    return undefined
  }

  /** The first message of the other side shows whether it is set to the same pattern. */
  #readInner (message: Uint8Array): MaybePromise<void> {
    const inner = this.#inner as Handshake<Result>
    if (!this.#unsaid) return inner.read(message)
    this.#unsaid = false
    return caught(() => inner.read(message), error => { throw this.#explained(error) })
  }

  #explained (error: unknown): unknown {
    if (!(error instanceof HushwireError) || (error.code !== 'ERR_NOISE_AUTH' && error.code !== 'ERR_NOISE_TRUNCATED')) return error
    const { mode } = this.#options
    const sentence = mode === 'off' ? 'it is off here; the other side may require it' : mode === 'required' ? 'it is required here; the other side may have it off' : 'it is offered here, and the other side may be set to another pattern'
    return noiseError(error.code, `post-quantum: ${sentence}`, error)
  }

  #begin (hybrid: boolean, offer?: number): void {
    const prologue = this.#options.prologue ?? new Uint8Array(0)
    this.#hybrid = hybrid
    this.#unsaid = offer === undefined
    this.#inner = this.#options.make(hybrid, offer === undefined ? prologue : join([LABEL, Uint8Array.of(offer, hybrid ? HYBRID : CLASSIC), prologue]))
    this.#state = 'inner'
  }

  #guard<T> (run: () => MaybePromise<T>): MaybePromise<T> {
    if (this.#state === 'destroyed') throw noiseError('ERR_NOISE_DESTROYED')
    return caught(run, error => {
      this.destroy()
      throw error
    })
  }
}

/** What `run` gives; what it throws or rejects with is told to `failed`, which throws in its place. */
function caught<T> (run: () => MaybePromise<T>, failed: (error: unknown) => never): MaybePromise<T> {
  try {
    const value = run()
    return value instanceof Promise ? value.catch(failed) : value
  } catch (error) {
    return failed(error)
  }
}
