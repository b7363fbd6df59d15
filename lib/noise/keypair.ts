import { crypto, type AgreementKey } from '../crypto/index.js'
import { noiseError } from './errors.js'

/**
 * A static key of Noise: an X25519 key pair whose private bytes are wiped by {@link NoiseKeypair.destroy}. Handshakes
 * use it and never destroy it: it is its owner's.
 *
 * @example
 * ```ts runnable
 * import { NoiseKeypair } from 'hushwire/noise'
 *
 * const keypair = new NoiseKeypair()
 * const stored = keypair.exportPrivate()
 * const again = NoiseKeypair.fromPrivate(stored)
 * stored.fill(0)
 * keypair.destroy()
 * again.destroy()
 * ```
 */
export class NoiseKeypair implements AgreementKey {
  readonly #key: AgreementKey

  /** @param key - the pair to wrap, from then on owned by this object; a new one unless given @throws ERR_NOISE_OPTIONS when it is none */
  constructor (key: AgreementKey = crypto.x25519()) {
    if (typeof (key as Partial<AgreementKey> | null)?.agree !== 'function') throw noiseError('ERR_NOISE_OPTIONS', 'bytes go to fromPrivate')
    this.#key = key
  }

  /**
   * The pair of 32 private bytes, which are copied.
   *
   * @throws ERR_CRYPTO_KEY when there are not 32
   */
  static fromPrivate (privateKey: Uint8Array): NoiseKeypair {
    return new NoiseKeypair(crypto.x25519(privateKey))
  }

  /** 32 bytes. */
  get publicKey (): Uint8Array {
    return this.#key.publicKey
  }

  /**
   * The shared secret with a peer's public key: 32 bytes, the caller's to wipe.
   *
   * @throws ERR_CRYPTO_KEY, ERR_CRYPTO_LOW_ORDER, ERR_CRYPTO_DESTROYED
   */
  agree (peerPublicKey: Uint8Array): Uint8Array {
    return this.#key.agree(peerPublicKey)
  }

  /** A copy of the 32 private bytes, the caller's to wipe. */
  exportPrivate (): Uint8Array {
    return this.#key.exportPrivate()
  }

  /** Wipes the private bytes; later agreements throw ERR_CRYPTO_DESTROYED. */
  destroy (): void {
    this.#key.destroy()
  }
}
