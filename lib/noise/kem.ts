/**
 * A key encapsulation mechanism as Noise HFS uses it (section 3). `hushwire/noise/hybrid` has ML-KEM-768.
 */
export interface Kem {
  /** Name in a protocol's name, after `25519+`. */
  readonly name: string
  /** Bytes of a public key. */
  readonly publicKeyLength: number
  /** Bytes of a ciphertext. */
  readonly ciphertextLength: number
  /** A new pair of keys. */
  generate(): KemKey
  /**
   * A fresh secret, and what carries it to the owner of the key. The secret is the caller's to wipe.
   *
   * @throws ERR_NOISE_KEM when it is not a key of this mechanism
   */
  encapsulate(publicKey: Uint8Array): { readonly ciphertext: Uint8Array, readonly secret: Uint8Array }
}

/** A key pair of a {@link Kem}. */
export interface KemKey {
  readonly publicKey: Uint8Array
  /**
   * The secret of a ciphertext, the caller's to wipe. One that was not made for this key gives a secret that nobody
   * else has, or throws.
   *
   * @throws ERR_NOISE_KEM when it is not a ciphertext of this mechanism
   */
  decapsulate(ciphertext: Uint8Array): Uint8Array
  /** Wipes the private key; later calls throw ERR_NOISE_DESTROYED. */
  destroy(): void
}
