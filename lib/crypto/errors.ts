import { errorsOf, type ErrorTable } from '../stream/index.js'

/**
 * The codes that `hushwire/crypto` raises. None of them ends a connection by itself: the layer that holds the key
 * knows what its failure means.
 */
export const CRYPTO_ERRORS = {
  ERR_CRYPTO_AUTH: { origin: 'remote', fatal: false, sentence: 'the bytes are not what was sealed under this key, nonce and additional data' },
  ERR_CRYPTO_KEY: { origin: 'local', fatal: false, sentence: 'a key does not have the length of its algorithm' },
  ERR_CRYPTO_NONCE: { origin: 'local', fatal: false, sentence: 'a nonce is not 12 bytes' },
  ERR_CRYPTO_COUNTER: { origin: 'local', fatal: false, sentence: 'a counter block is not 16 bytes' },
  ERR_CRYPTO_LOW_ORDER: { origin: 'remote', fatal: false, sentence: 'the public key is a point of low order: the shared secret would be all zero' },
  ERR_CRYPTO_DESTROYED: { origin: 'local', fatal: false, sentence: 'the key was destroyed' },
  ERR_CRYPTO_LENGTH: { origin: 'local', fatal: false, sentence: 'so many bytes cannot be derived or drawn' }
} as const satisfies ErrorTable

/** Makes an error of {@link CRYPTO_ERRORS}. */
export const cryptoError = errorsOf('crypto', CRYPTO_ERRORS)
