import { crypto, type Aead, type Hash } from '../crypto/index.js'
import { noiseError } from './errors.js'
import { PATTERNS, type Pattern } from './patterns.js'

/** A cipher as the framework uses it: a key, and a nonce that counts (section 4.2). */
export interface NoiseCipher {
  /** Name in the framework's spelling. */
  readonly name: string
  /** Puts a 32-byte key (copied) in place. */
  keyed(key: Uint8Array): Aead
  /** Which way the eight counting bytes of the nonce lie; four zero bytes are before them. */
  readonly littleEndianNonce: boolean
}

/** What a protocol name such as `Noise_XX_25519_AESGCM_SHA256` stands for. */
export interface NoiseProtocol {
  readonly name: string
  readonly pattern: Pattern
  readonly cipher: NoiseCipher
  readonly hash: Hash
}

const CIPHERS: readonly NoiseCipher[] = [
  { name: 'AESGCM', keyed: key => crypto.aesGcm(key), littleEndianNonce: false },
  { name: 'ChaChaPoly', keyed: key => crypto.chachaPoly(key), littleEndianNonce: true }
]

/**
 * The protocol of a name: `Noise_`, a fundamental pattern, `_25519_`, `AESGCM` or `ChaChaPoly`, and a hash.
 *
 * @param hashes - hash functions to choose from; SHA256 unless given
 * @throws ERR_NOISE_PROTOCOL when a part of the name is not known
 * @example
 * ```ts runnable
 * import { noiseProtocol } from 'hushwire/noise'
 *
 * noiseProtocol('Noise_XX_25519_ChaChaPoly_SHA256').pattern.messages.length // 3
 * ```
 */
export function noiseProtocol (name: string, hashes: readonly Hash[] = [crypto.sha256]): NoiseProtocol {
  const [noise, patternName = '', agreement, cipherName, hashName, ...more] = name.split('_')
  const pattern = Object.hasOwn(PATTERNS, patternName) ? PATTERNS[patternName as keyof typeof PATTERNS] : undefined
  const cipher = CIPHERS.find(({ name }) => name === cipherName)
  const hash = hashes.find(({ name }) => name === hashName)
  if (noise !== 'Noise' || agreement !== '25519' || more.length > 0 || pattern === undefined || cipher === undefined || hash === undefined) {
    throw noiseError('ERR_NOISE_PROTOCOL', name.slice(0, 64))
  }
  return { name, pattern, cipher, hash }
}
