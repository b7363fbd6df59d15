/**
 * ML-KEM-768 for hybrid handshakes of Noise (the HFS extension), an entry point of its own so that nobody carries it
 * without using it.
 *
 * @example
 * ```ts runnable
 * import { NoiseHandshake, noiseProtocol } from 'hushwire/noise'
 * import { mlKem768 } from 'hushwire/noise/hybrid'
 *
 * const protocol = noiseProtocol('Noise_NNhfs_25519+MLKEM768_ChaChaPoly_SHA256', { kems: [mlKem768] })
 * const alice = new NoiseHandshake({ protocol, role: 'initiator' })
 * const bob = new NoiseHandshake({ protocol, role: 'responder' })
 * bob.read(alice.write())
 * alice.read(bob.write())
 * console.log(alice.result().handshakeHash.byteLength) // 32
 * ```
 *
 * @module noise/hybrid
 */
import { ml_kem768 as mlKem } from '@noble/post-quantum/ml-kem.js'
import { wipe } from '../crypto/index.js'
import { noiseError } from './errors.js'
import type { Kem, KemKey } from './kem.js'

export type { Kem, KemKey } from './kem.js'

const PUBLIC_KEY_BYTES = 1184
const CIPHERTEXT_BYTES = 1088

/** The private key of 2,400 bytes is wiped when it is destroyed. */
class MlKemKey implements KemKey {
  readonly publicKey: Uint8Array
  #secretKey: Uint8Array | undefined

  constructor () {
    const { publicKey, secretKey } = mlKem.keygen()
    this.publicKey = publicKey
    this.#secretKey = secretKey
  }

  decapsulate (ciphertext: Uint8Array): Uint8Array {
    if (this.#secretKey === undefined) throw noiseError('ERR_NOISE_DESTROYED')
    if (ciphertext.byteLength !== CIPHERTEXT_BYTES) throw noiseError('ERR_NOISE_KEM', `a ciphertext of ${ciphertext.byteLength} bytes`)
    return mlKem.decapsulate(ciphertext, this.#secretKey)
  }

  destroy (): void {
    wipe(this.#secretKey)
    this.#secretKey = undefined
  }
}

/**
 * ML-KEM-768 (FIPS 203): public keys of 1,184 bytes, ciphertexts of 1,088, secrets of 32. A ciphertext that was
 * changed gives another secret and no error (implicit rejection): the handshake then fails at its next tag.
 */
export const mlKem768: Kem = {
  name: 'MLKEM768',
  publicKeyLength: PUBLIC_KEY_BYTES,
  ciphertextLength: CIPHERTEXT_BYTES,
  generate: () => new MlKemKey(),
  encapsulate (publicKey) {
    if (publicKey.byteLength !== PUBLIC_KEY_BYTES) throw noiseError('ERR_NOISE_KEM', `a public key of ${publicKey.byteLength} bytes`)
    try {
      const { cipherText, sharedSecret } = mlKem.encapsulate(publicKey)
      return { ciphertext: cipherText, secret: sharedSecret }
    } catch (error) {
      // FIPS 203 section 7.2: a coefficient that is not reduced
      throw noiseError('ERR_NOISE_KEM', undefined, error)
    }
  }
}
