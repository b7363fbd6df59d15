import { crypto, KEY_BYTES, TAG_BYTES, wipe, type AgreementKey } from '../crypto/index.js'
import { HushwireError, join } from '../stream/index.js'
import { MAX_MESSAGE } from './cipher-state.js'
import { noiseError } from './errors.js'
import type { Kem, KemKey } from './kem.js'
import type { Token } from './patterns.js'
import type { NoiseProtocol } from './protocol.js'
import { SymmetricState } from './symmetric-state.js'

/** Who sends the first message, and who answers it. */
export type Role = 'initiator' | 'responder'

/** The keys and the context that a handshake starts with. */
export interface HandshakeKeys {
  role: Role
  /** What both ends must agree on before the first message; any length, hashed and not kept. Empty unless given. */
  prologue?: Uint8Array | undefined
  /** Our static key, where the pattern uses one. It stays its owner's and is not destroyed. */
  staticKey?: AgreementKey | undefined
  /** The other side's static key, 32 bytes, where the pattern says that it is known before. */
  remoteStatic?: Uint8Array | undefined
  /** The pre-shared keys in the order of the pattern's `psk` tokens, 32 bytes each, copied; both ends have the same. */
  psks?: readonly Uint8Array[] | undefined
  /** Our ephemeral key, for test vectors alone: one that is used twice breaks the protocol. It is destroyed. */
  ephemeral?: AgreementKey | undefined
}

/**
 * Works a pattern off, token by token (section 5.3). Whose turn it is, and what happens after a failure, is
 * `NoiseHandshake`'s to know.
 */
export class HandshakeState {
  readonly #initiator: boolean
  readonly #messages: ReadonlyArray<readonly Token[]>
  readonly #symmetric: SymmetricState
  readonly #static: AgreementKey | undefined
  #ephemeral: AgreementKey | undefined
  #remoteStatic: Uint8Array | undefined
  #remoteEphemeral: Uint8Array | undefined
  readonly #kem: Kem | undefined
  #kemKey: KemKey | undefined
  #remoteKemKey: Uint8Array | undefined
  /** Those whose token is still to come. */
  readonly #psks: Uint8Array[]
  /** Where there are pre-shared keys, ephemeral ones are mixed in too (section 9.2). */
  readonly #mixesEphemerals: boolean
  #next = 0

  constructor (protocol: NoiseProtocol, keys: HandshakeKeys) {
    const { pattern } = protocol
    checkKeys(protocol, keys)
    this.#initiator = keys.role === 'initiator'
    this.#messages = pattern.messages
    this.#static = keys.staticKey
    this.#ephemeral = keys.ephemeral
    this.#remoteStatic = keys.remoteStatic === undefined ? undefined : new Uint8Array(keys.remoteStatic)
    this.#kem = protocol.kem
    this.#psks = (keys.psks ?? []).map(psk => new Uint8Array(psk))
    this.#mixesEphemerals = this.#psks.length > 0
    this.#symmetric = new SymmetricState(protocol)
    this.#symmetric.mixHash(keys.prologue ?? new Uint8Array(0))
    if (pattern.initiatorKnown === true) this.#symmetric.mixHash(this.#knownStatic(this.#initiator))
    if (pattern.responderKnown === true) this.#symmetric.mixHash(this.#knownStatic(!this.#initiator))
  }

  /** Index of the next message, from 0. */
  get next (): number {
    return this.#next
  }

  /** True when all messages of the pattern have been sent or received. */
  get done (): boolean {
    return this.#next === this.#messages.length
  }

  /** The other side's static key, once it is known. */
  get remoteStatic (): Uint8Array | undefined {
    return this.#remoteStatic
  }

  handshakeHash (): Uint8Array {
    return this.#symmetric.handshakeHash()
  }

  /** @throws ERR_NOISE_PAYLOAD_SIZE, ERR_NOISE_LOW_ORDER, ERR_NOISE_KEM */
  writeMessage (payload: Uint8Array): Uint8Array {
    if (payload.byteLength > MAX_MESSAGE) throw noiseError('ERR_NOISE_PAYLOAD_SIZE')
    const parts = this.#tokens().map(token => this.#writeToken(token))
    parts.push(this.#symmetric.encryptAndHash(payload))
    const message = join(parts)
    if (message.byteLength > MAX_MESSAGE) throw noiseError('ERR_NOISE_PAYLOAD_SIZE')
    this.#next++
    return message
  }

  /**
   * @returns the payload, the caller's
   * @throws ERR_NOISE_MESSAGE_SIZE, ERR_NOISE_TRUNCATED, ERR_NOISE_AUTH, ERR_NOISE_LOW_ORDER, ERR_NOISE_KEM
   */
  readMessage (message: Uint8Array): Uint8Array {
    if (message.byteLength > MAX_MESSAGE) throw noiseError('ERR_NOISE_MESSAGE_SIZE')
    let rest = message
    const take = (length: number): Uint8Array => {
      if (rest.byteLength < length) throw noiseError('ERR_NOISE_TRUNCATED')
      const taken = rest.subarray(0, length)
      rest = rest.subarray(length)
      return taken
    }
    for (const token of this.#tokens()) this.#readToken(token, take)
    const payload = this.#symmetric.decryptAndHash(rest)
    this.#next++
    return payload
  }

  /** The keys of the two directions, the initiator's first. */
  split (): [Uint8Array, Uint8Array] {
    return this.#symmetric.split()
  }

  destroy (): void {
    this.#ephemeral?.destroy()
    this.#kemKey?.destroy()
    wipe(...this.#psks)
    this.#symmetric.destroy()
  }

  #tokens (): readonly Token[] {
    return this.#messages[this.#next] ?? []
  }

  #writeToken (token: Token): Uint8Array {
    switch (token) {
      case 'e':
        this.#ephemeral ??= crypto.x25519()
        this.#mixEphemeral(this.#ephemeral.publicKey)
        return this.#ephemeral.publicKey
      case 's':
        return this.#symmetric.encryptAndHash(present(this.#static).publicKey)
      case 'e1':
        this.#kemKey = present(this.#kem).generate()
        return this.#symmetric.encryptAndHash(this.#kemKey.publicKey)
      case 'ekem1': {
        const { ciphertext, secret } = present(this.#kem).encapsulate(present(this.#remoteKemKey))
        const sent = this.#symmetric.encryptAndHash(ciphertext)
        this.#symmetric.mixKey(secret)
        return sent
      }
      default:
        this.#mix(token)
        return new Uint8Array(0)
    }
  }

  #readToken (token: Token, take: (length: number) => Uint8Array): void {
    const opened = (length: number): Uint8Array => this.#symmetric.decryptAndHash(take(length + (this.#symmetric.keyed ? TAG_BYTES : 0)))
    switch (token) {
      case 'e':
        this.#remoteEphemeral = new Uint8Array(take(KEY_BYTES))
        this.#mixEphemeral(this.#remoteEphemeral)
        break
      case 's':
        this.#remoteStatic = opened(KEY_BYTES)
        break
      case 'e1':
        this.#remoteKemKey = opened(present(this.#kem).publicKeyLength)
        break
      case 'ekem1':
        this.#symmetric.mixKey(present(this.#kemKey).decapsulate(opened(present(this.#kem).ciphertextLength)))
        break
      default:
        this.#mix(token)
    }
  }

  #mixEphemeral (publicKey: Uint8Array): void {
    this.#symmetric.mixHash(publicKey)
    if (this.#mixesEphemerals) this.#symmetric.mixKey(new Uint8Array(publicKey))
  }

  /** What sends nothing. The first letter of an agreement is the initiator's key, the second the responder's. */
  #mix (token: 'ee' | 'es' | 'se' | 'ss' | 'psk'): void {
    if (token === 'psk') {
      const psk = present(this.#psks.shift())
      this.#symmetric.mixKeyAndHash(psk)
      wipe(psk)
      return
    }
    const [ours, theirs] = this.#initiator ? [token[0], token[1]] : [token[1], token[0]]
    const key = present(ours === 'e' ? this.#ephemeral : this.#static)
    const peer = present(theirs === 'e' ? this.#remoteEphemeral : this.#remoteStatic)
    this.#symmetric.mixKey(agree(key, peer))
  }

  #knownStatic (ours: boolean): Uint8Array {
    return ours ? present(this.#static).publicKey : present(this.#remoteStatic)
  }
}

/** A key of low order comes from the other side; any other failure is ours and goes on as it is. */
function agree (key: AgreementKey, peer: Uint8Array): Uint8Array {
  try {
    return key.agree(peer)
  } catch (error) {
    if (error instanceof HushwireError && error.code === 'ERR_CRYPTO_LOW_ORDER') throw noiseError('ERR_NOISE_LOW_ORDER', undefined, error)
    throw error
  }
}

/** Refuses what the pattern lacks, and a remote key where the pattern would replace it unseen. */
function checkKeys ({ name, pattern }: NoiseProtocol, { role, staticKey, remoteStatic, psks = [] }: HandshakeKeys): void {
  const given: string = role
  if (given !== 'initiator' && given !== 'responder') throw noiseError('ERR_NOISE_OPTIONS', 'the role is initiator or responder')
  const initiator = role === 'initiator'
  const knownBefore = initiator ? pattern.responderKnown : pattern.initiatorKnown
  const ours = initiator ? pattern.initiatorKnown : pattern.responderKnown
  const sends = pattern.messages.some((tokens, index) => (index % 2 === 0) === initiator && tokens.includes('s'))
  if ((ours === true || sends) && staticKey === undefined) throw noiseError('ERR_NOISE_OPTIONS', `${name} needs a static key of the ${role}`)
  if ((knownBefore === true) !== (remoteStatic !== undefined)) throw noiseError('ERR_NOISE_OPTIONS', `${name} ${knownBefore === true ? 'needs' : 'does not take'} the remote static key for the ${role}`)
  if (remoteStatic !== undefined && remoteStatic.byteLength !== KEY_BYTES) throw noiseError('ERR_NOISE_OPTIONS', 'the remote static key is not 32 bytes')
  const preShared = pattern.messages.flat().filter(token => token === 'psk').length
  if (psks.length !== preShared || psks.some(psk => psk.byteLength !== KEY_BYTES)) throw noiseError('ERR_NOISE_OPTIONS', `${name} needs ${preShared} pre-shared keys of 32 bytes`)
}

/** What checkKeys and the order of tokens in the table guarantee. */
function present<T> (value: T | undefined): T {
  if (value === undefined) throw noiseError('ERR_NOISE_OPTIONS', 'a token uses a key that no token has given')
  return value
}
