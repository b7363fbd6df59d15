import type { MaybePromise } from '../stream/index.js'

/**
 * An authenticated cipher with its key in place. Inputs are lists of pieces and are never written to; outputs
 * belong to the caller. `Result` is the plain value for ciphers that never wait.
 */
export interface Aead<Result = Uint8Array[]> {
  /**
   * Seals the pieces as one plaintext.
   *
   * @param nonce - 12 bytes, never twice under one key
   * @returns ciphertext and, as its last 16 bytes, the tag
   * @throws ERR_CRYPTO_NONCE when the nonce is not 12 bytes
   * @throws ERR_CRYPTO_DESTROYED after `destroy`
   */
  seal(nonce: Uint8Array, additionalData: Uint8Array, plaintext: readonly Uint8Array[]): Result
  /**
   * Opens ciphertext and tag, however they are cut into pieces.
   *
   * @throws ERR_CRYPTO_AUTH when anything of it is not what was sealed; nothing of it is given out
   * @throws ERR_CRYPTO_NONCE when the nonce is not 12 bytes
   * @throws ERR_CRYPTO_DESTROYED after `destroy`
   */
  open(nonce: Uint8Array, additionalData: Uint8Array, sealed: readonly Uint8Array[]): Result
  /** Forgets the key; later calls throw ERR_CRYPTO_DESTROYED. */
  destroy(): void
}

/** An {@link Aead} that may answer later where that is faster (WebCrypto for large pieces in browsers). */
export interface BulkAead extends Aead<MaybePromise<Uint8Array[]>> {
  /**
   * A copy of the 32 bytes of the key, the caller's to wipe: who makes other keys of it need not keep one beside this.
   *
   * @throws ERR_CRYPTO_DESTROYED after `destroy`
   */
  exportKey(): Uint8Array
}

/**
 * A stream cipher with key and place in its key stream. Every byte of the key stream is used once, in order, however
 * the input is cut; encrypting and decrypting are the same.
 */
export interface StreamCipher {
  /**
   * The next bytes, XORed with the key stream: as many as went in, new memory, the caller's.
   *
   * @throws ERR_CRYPTO_DESTROYED after `destroy`
   */
  update(bytes: Uint8Array): Uint8Array
  /** Forgets key and place; later calls throw ERR_CRYPTO_DESTROYED. */
  destroy(): void
}

/** A digest of what comes piece by piece. */
export interface HashState {
  /** Takes the next piece; nothing of it is kept. */
  update(piece: Uint8Array): void
  /** Another state over the same pieces, which goes on by itself. */
  clone(): HashState
  /** The digest of all pieces. The state is used up: `update` and `digest` throw from then on. */
  digest(): Uint8Array
}

/** A hash function with its HMAC. */
export interface Hash {
  /** Name in Noise's spelling, such as `SHA256`. */
  readonly name: string
  /** Bytes of a digest. */
  readonly length: number
  /** Bytes of an input block (what HMAC pads keys to). */
  readonly blockLength: number
  /** The digest of the pieces as one input, `length` bytes. */
  digest(...pieces: readonly Uint8Array[]): Uint8Array
  /** Begins a digest of pieces that are not all there yet. */
  create(): HashState
  /** HMAC (RFC 2104) of the pieces as one input, `length` bytes. */
  hmac(key: Uint8Array, ...pieces: readonly Uint8Array[]): Uint8Array
}

/** An X25519 key pair (RFC 7748). */
export interface AgreementKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /**
   * The shared secret with a peer's public key, 32 bytes, the caller's to wipe.
   *
   * @throws ERR_CRYPTO_KEY when the key is not 32 bytes
   * @throws ERR_CRYPTO_LOW_ORDER when the shared secret would be all zero
   * @throws ERR_CRYPTO_DESTROYED after `destroy`
   */
  agree(peerPublicKey: Uint8Array): Uint8Array
  /** A copy of the 32 private bytes, the caller's to wipe. @throws ERR_CRYPTO_DESTROYED after `destroy` */
  exportPrivate(): Uint8Array
  /** Wipes the private bytes; later calls throw ERR_CRYPTO_DESTROYED. */
  destroy(): void
}

/** An Ed25519 key pair (RFC 8032). */
export interface SigningKey {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** @returns the signature, 64 bytes @throws ERR_CRYPTO_DESTROYED after `destroy` */
  sign(...message: readonly Uint8Array[]): Uint8Array
  /** A copy of the 32-byte seed, the caller's to wipe. @throws ERR_CRYPTO_DESTROYED after `destroy` */
  exportPrivate(): Uint8Array
  /** Wipes the seed; later calls throw ERR_CRYPTO_DESTROYED. */
  destroy(): void
}

/** What a backend offers. Both backends pass one suite; which one is in use is decided by the condition of `#crypto`. */
export interface Crypto {
  readonly backend: 'node' | 'portable'
  /** So many bytes of the system's random generator, the caller's. @throws ERR_CRYPTO_LENGTH unless it is a whole number, at most 2^30 */
  randomBytes(length: number): Uint8Array
  readonly sha256: Hash
  /** AES-256-GCM, 32-byte key (copied). @throws ERR_CRYPTO_KEY */
  aesGcm(key: Uint8Array): Aead
  /** AES-256-GCM for large pieces, 32-byte key (copied). @throws ERR_CRYPTO_KEY */
  bulkAesGcm(key: Uint8Array): BulkAead
  /** ChaCha20-Poly1305 (RFC 8439), 32-byte key (copied). @throws ERR_CRYPTO_KEY */
  chachaPoly(key: Uint8Array): Aead
  /** A new X25519 pair, or the one of 32 private bytes (copied). @throws ERR_CRYPTO_KEY */
  x25519(privateKey?: Uint8Array): AgreementKey
  /** A new Ed25519 pair, or the one of a 32-byte seed (copied). @throws ERR_CRYPTO_KEY */
  ed25519(seed?: Uint8Array): SigningKey
  /** Strict RFC 8032: canonical S and points, no small-order key or R, the equation without the cofactor. Never throws for bad input. */
  verifyEd25519(publicKey: Uint8Array, signature: Uint8Array, ...message: readonly Uint8Array[]): boolean
  /** Compares in time that depends on the lengths only. */
  equal(a: Uint8Array, b: Uint8Array): boolean
}
