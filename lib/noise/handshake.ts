import { wipe } from '../crypto/index.js'
import type { Handshake, MaybePromise } from '../stream/index.js'
import { CipherState } from './cipher-state.js'
import { noiseError } from './errors.js'
import { HandshakeState, type HandshakeKeys, type Role } from './handshake-state.js'
import type { NoiseProtocol } from './protocol.js'

/** The handshake at the moment when the payload of a message is asked for, or has been opened. */
export interface HandshakeMoment {
  /** Index of the message in the pattern, from 0. */
  readonly message: number
  /** The other side's static key, 32 bytes, once it has come (or was given). */
  readonly remoteStatic: Uint8Array | undefined
}

/** Options of {@link NoiseHandshake}. */
export interface NoiseHandshakeOptions extends HandshakeKeys {
  /** Made by `noiseProtocol`. */
  protocol: NoiseProtocol
  /** The payload to send with a message, at once and no promise; read and not kept; empty unless given. What it throws ends the handshake. */
  payload?: ((moment: HandshakeMoment) => Uint8Array) | undefined
  /**
   * Is given the payload of every message that came, and decides: when it throws or rejects, the handshake has
   * failed. Until it is back nothing is written and no result is given.
   */
  received?: ((payload: Uint8Array, moment: HandshakeMoment) => MaybePromise<void>) | undefined
}

/** What a Noise handshake agreed on. The keys are the caller's to wipe. */
export interface NoiseResult {
  readonly role: Role
  /** The one direction that a one-way pattern has, seen from this end; undefined where there are both. */
  readonly oneWay: 'send' | 'receive' | undefined
  /** Seals what we send. Destroyed from the start for the responder of a one-way pattern. */
  readonly send: CipherState
  /** Opens what we receive. Destroyed from the start for the initiator of a one-way pattern. */
  readonly receive: CipherState
  /** The 32 raw bytes of the key of `send`, for protocols with nonces of their own; who uses them leaves `send` alone. All zero where `send` is destroyed. */
  readonly sendKey: Uint8Array
  /** Likewise of `receive`. */
  readonly receiveKey: Uint8Array
  /** Names this very handshake; the same at both ends, no secret. */
  readonly handshakeHash: Uint8Array
  /** The other side's static key, or undefined where the pattern has none. */
  readonly remoteStatic: Uint8Array | undefined
}

/**
 * A handshake of the Noise Protocol Framework, revision 34: messages in, messages out. Any failure is final: what is
 * secret is wiped, and every later call throws ERR_NOISE_DESTROYED.
 *
 * @example
 * ```ts runnable
 * import { NoiseHandshake, NoiseKeypair, noiseProtocol } from 'hushwire/noise'
 *
 * const protocol = noiseProtocol('Noise_XX_25519_ChaChaPoly_SHA256')
 * const alice = new NoiseHandshake({ protocol, role: 'initiator', staticKey: new NoiseKeypair() })
 * const bob = new NoiseHandshake({ protocol, role: 'responder', staticKey: new NoiseKeypair() })
 * bob.read(alice.write())
 * alice.read(bob.write())
 * bob.read(alice.write())
 * const sealed = alice.result().send.seal(new Uint8Array(0), [Uint8Array.of(1, 2, 3)])
 * const [opened] = bob.result().receive.open(new Uint8Array(0), sealed)
 * ```
 */
export class NoiseHandshake implements Handshake<NoiseResult> {
  readonly #options: NoiseHandshakeOptions
  readonly #oneWay: boolean
  #state: HandshakeState | undefined
  #result: NoiseResult | undefined
  /** True while `received` decides. */
  #deciding = false
  #destroyed = false

  /**
   * @throws ERR_NOISE_OPTIONS when the pattern needs a key that is not given, or takes none where one is
   */
  constructor (options: NoiseHandshakeOptions) {
    this.#options = options
    this.#oneWay = options.protocol.pattern.messages.length === 1
    this.#state = new HandshakeState(options.protocol, options)
  }

  get turn (): 'write' | 'read' | 'done' {
    if (this.#result !== undefined) return 'done'
    if (this.#state === undefined) return 'read'
    const initiators = this.#state.next % 2 === 0
    return !this.#deciding && !this.#state.done && initiators === (this.#options.role === 'initiator') ? 'write' : 'read'
  }

  /** The other side's static key as soon as it is known; it proves nothing before the handshake is done. */
  get remoteStatic (): Uint8Array | undefined {
    return this.#state?.remoteStatic ?? this.#result?.remoteStatic
  }

  /**
   * The next message.
   *
   * @returns at most 65,535 bytes, the caller's
   * @throws ERR_NOISE_TURN, ERR_NOISE_PAYLOAD_SIZE, ERR_NOISE_LOW_ORDER, ERR_NOISE_KEM, ERR_NOISE_DESTROYED, ERR_NOISE_OPTIONS when
   *   `payload` gives anything but bytes, and what it throws
   */
  write (): Uint8Array {
    return this.#guard('write', state => {
      const payload: unknown = this.#options.payload?.(momentOf(state)) ?? new Uint8Array(0)
      // a promise has no bytes yet, and would go as none
      if (!(payload instanceof Uint8Array)) throw noiseError('ERR_NOISE_OPTIONS', 'a payload is bytes, at once')
      const message = state.writeMessage(payload)
      if (state.done) this.#finish(state)
      return message
    })
  }

  /**
   * Takes the next message of the other side.
   *
   * @returns a promise where `received` gives one
   * @throws ERR_NOISE_TURN, ERR_NOISE_MESSAGE_SIZE, ERR_NOISE_TRUNCATED, ERR_NOISE_AUTH, ERR_NOISE_LOW_ORDER,
   *   ERR_NOISE_KEM, ERR_NOISE_DESTROYED, and what `received` throws
   */
  read (message: Uint8Array): MaybePromise<void> {
    return this.#guard('read', state => {
      const moment = momentOf(state)
      const payload = state.readMessage(message)
      const decision = this.#options.received?.(payload, { ...moment, remoteStatic: state.remoteStatic })
      // awaited whatever it is: a foreign promise is not to pass for a yes
      if (decision !== undefined) return this.#decided(state, decision)
      if (state.done) this.#finish(state)
      return undefined
    })
  }

  /**
   * What was agreed, and the same object at every call.
   *
   * @throws ERR_NOISE_TURN before the last message, ERR_NOISE_DESTROYED after a failure
   */
  result (): NoiseResult {
    if (this.#destroyed) throw noiseError('ERR_NOISE_DESTROYED')
    if (this.#result === undefined) throw noiseError('ERR_NOISE_TURN', 'the handshake is not done')
    return this.#result
  }

  /** Wipes what is secret, the keys of a result included. */
  destroy (): void {
    this.#destroyed = true
    this.#state?.destroy()
    this.#state = undefined
    if (this.#result === undefined) return
    this.#result.send.destroy()
    this.#result.receive.destroy()
    wipe(this.#result.sendKey, this.#result.receiveKey)
    this.#result = undefined
  }

  #guard<T> (turn: 'write' | 'read', run: (state: HandshakeState) => T): T {
    if (this.#destroyed) throw noiseError('ERR_NOISE_DESTROYED')
    try {
      if (this.#state === undefined || this.#deciding || this.turn !== turn) throw noiseError('ERR_NOISE_TURN')
      return run(this.#state)
    } catch (error) {
      this.destroy()
      throw error
    }
  }

  async #decided (state: HandshakeState, decision: Promise<void>): Promise<void> {
    this.#deciding = true
    try {
      await decision
    } catch (error) {
      this.destroy()
      throw error
    }
    // a call out of turn, or the caller, can have ended the handshake meanwhile
    if (this.#destroyed) throw noiseError('ERR_NOISE_DESTROYED')
    this.#deciding = false
    if (state.done) this.#finish(state)
  }

  #finish (state: HandshakeState): void {
    const { role, protocol } = this.#options
    const [first, second] = state.split()
    if (this.#oneWay) wipe(second)
    const [sendKey, receiveKey] = role === 'initiator' ? [first, second] : [second, first]
    const unused = this.#oneWay ? second : undefined
    const cipherOf = (key: Uint8Array): CipherState => new CipherState(protocol.cipher, key === unused ? undefined : key)
    this.#result = {
      role, sendKey, receiveKey,
      oneWay: !this.#oneWay ? undefined : role === 'initiator' ? 'send' : 'receive',
      send: cipherOf(sendKey),
      receive: cipherOf(receiveKey),
      handshakeHash: state.handshakeHash(),
      remoteStatic: state.remoteStatic
    }
    state.destroy()
    this.#state = undefined
  }
}

function momentOf (state: HandshakeState): HandshakeMoment {
  return { message: state.next, remoteStatic: state.remoteStatic }
}
