import { hkdf, KEY_BYTES, wipe } from '../crypto/index.js'
import { join } from '../stream/index.js'
import { CipherState } from './cipher-state.js'
import type { NoiseProtocol } from './protocol.js'

const EMPTY = new Uint8Array(0)

/** The chaining key, the handshake hash and the key of the moment (section 5.2). */
export class SymmetricState {
  readonly #protocol: NoiseProtocol
  #chainingKey: Uint8Array
  #hash: Uint8Array
  #cipher: CipherState | undefined

  constructor (protocol: NoiseProtocol) {
    const { hash } = protocol
    const name = new TextEncoder().encode(protocol.name)
    this.#protocol = protocol
    this.#hash = new Uint8Array(hash.length)
    if (name.byteLength <= hash.length) this.#hash.set(name)
    else this.#hash = hash.digest(name)
    this.#chainingKey = this.#hash.slice()
  }

  /** True once a key is set: what is sealed from then on has a tag. */
  get keyed (): boolean {
    return this.#cipher !== undefined
  }

  /** A copy of the hash of everything so far. */
  handshakeHash (): Uint8Array {
    return this.#hash.slice()
  }

  /** Mixes an agreed secret into the keys, and wipes it. */
  mixKey (secret: Uint8Array): void {
    const [chainingKey, key] = this.#derive(2, secret)
    wipe(secret)
    this.#install(chainingKey as Uint8Array, key as Uint8Array)
  }

  /** Mixes a pre-shared key into the keys and the hash. It stays its owner's. */
  mixKeyAndHash (preShared: Uint8Array): void {
    const [chainingKey, hashed, key] = this.#derive(3, preShared)
    this.mixHash(hashed as Uint8Array)
    wipe(hashed)
    this.#install(chainingKey as Uint8Array, key as Uint8Array)
  }

  mixHash (data: Uint8Array): void {
    this.#hash = this.#protocol.hash.digest(this.#hash, data)
  }

  /** Seals where a key is set, else passes a copy on; what is sent is hashed. */
  encryptAndHash (plaintext: Uint8Array): Uint8Array {
    const sent = this.#cipher === undefined ? new Uint8Array(plaintext) : join(this.#cipher.seal(this.#hash, [plaintext]))
    this.mixHash(sent)
    return sent
  }

  /** The reverse; what came is hashed. */
  decryptAndHash (received: Uint8Array): Uint8Array {
    const plaintext = this.#cipher === undefined ? new Uint8Array(received) : join(this.#cipher.open(this.#hash, [received]))
    this.mixHash(received)
    return plaintext
  }

  /** The keys of the transport messages: the initiator's direction first. They are the caller's to wipe. */
  split (): [Uint8Array, Uint8Array] {
    const both = this.#derive(2, EMPTY)
    const keys = both.map(key => key.slice(0, KEY_BYTES)) as [Uint8Array, Uint8Array]
    wipe(...both)
    return keys
  }

  destroy (): void {
    this.#cipher?.destroy()
    wipe(this.#chainingKey)
  }

  /** Takes both over. */
  #install (chainingKey: Uint8Array, key: Uint8Array): void {
    wipe(this.#chainingKey)
    this.#chainingKey = chainingKey
    this.#cipher?.destroy()
    this.#cipher = new CipherState(this.#protocol.cipher, key.subarray(0, KEY_BYTES))
    wipe(key)
  }

  /** HKDF with so many outputs (section 4.3), each a digest long. */
  #derive (outputs: number, input: Uint8Array): Uint8Array[] {
    const { hash } = this.#protocol
    const all = hkdf(hash, input, this.#chainingKey, EMPTY, outputs * hash.length)
    const derived = Array.from({ length: outputs }, (_, at) => all.slice(at * hash.length, (at + 1) * hash.length))
    wipe(all)
    return derived
  }
}
