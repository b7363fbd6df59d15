import { crypto } from '../../../lib/crypto/index.js'
import type { Kem, KemKey } from '../../../lib/noise/index.js'
import { mlKem768 } from '../../../lib/noise/hybrid.js'

const latin = new TextDecoder('latin1')
/** Results that are remembered. */
const MEMORY = 64

/**
 * ML-KEM-768 with one key, whose results are remembered: what a decapsulation costs is a hundred times the decoder's
 * part. Of keys and ciphertexts that were changed one in 16 is computed; the others give a secret that nobody else has, as
 * implicit rejection does.
 */
export class RememberingKem implements Kem {
  readonly name = mlKem768.name
  readonly publicKeyLength = mlKem768.publicKeyLength
  readonly ciphertextLength = mlKem768.ciphertextLength
  #key: KemKey | undefined
  readonly #encapsulated = new Map<string, ReturnType<Kem['encapsulate']>>()
  readonly #decapsulated = new Map<string, Uint8Array>()

  generate (): KemKey {
    this.#key ??= mlKem768.generate()
    const key = this.#key
    return { publicKey: key.publicKey, decapsulate: ciphertext => this.#decapsulate(key, ciphertext), destroy: () => {} }
  }

  encapsulate (publicKey: Uint8Array): ReturnType<Kem['encapsulate']> {
    const name = latin.decode(publicKey)
    const known = this.#encapsulated.get(name) ?? this.#make(publicKey)
    if (this.#encapsulated.size < MEMORY) this.#encapsulated.set(name, known)
    return { ciphertext: known.ciphertext, secret: known.secret.slice() }
  }

  #make (publicKey: Uint8Array): ReturnType<Kem['encapsulate']> {
    const computed = this.#encapsulated.size < MEMORY || publicKey.byteLength !== this.publicKeyLength || (publicKey[7] as number) % 16 === 0
    if (computed) return mlKem768.encapsulate(publicKey)
    return { ciphertext: new Uint8Array(this.ciphertextLength), secret: crypto.sha256.digest(publicKey) }
  }

  #decapsulate (key: KemKey, ciphertext: Uint8Array): Uint8Array {
    const name = latin.decode(ciphertext)
    const known = this.#decapsulated.get(name)
    const computed = this.#decapsulated.size < MEMORY || ciphertext.byteLength !== this.ciphertextLength || (ciphertext[7] as number) % 16 === 0
    const secret = known ?? (computed ? key.decapsulate(ciphertext) : crypto.sha256.digest(ciphertext))
    if (this.#decapsulated.size < MEMORY) this.#decapsulated.set(name, secret)
    return secret.slice()
  }
}
