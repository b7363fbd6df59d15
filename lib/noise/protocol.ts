import { blake2b, blake2s, crypto, sha512, type Aead, type Hash } from '../crypto/index.js'
import { noiseError } from './errors.js'
import type { Kem } from './kem.js'
import { patternOf } from './modifiers.js'
import type { Pattern } from './patterns.js'

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
  /** The pattern with its modifiers applied. */
  readonly pattern: Pattern
  readonly cipher: NoiseCipher
  readonly hash: Hash
  /** Present exactly where the pattern has the modifier `hfs`. */
  readonly kem?: Kem | undefined
}

/** AES-256-GCM with a big-endian counter (section 12.4). */
export const AESGCM: NoiseCipher = { name: 'AESGCM', keyed: key => crypto.aesGcm(key), littleEndianNonce: false }
/** ChaCha20-Poly1305 with a little-endian counter (section 12.3). */
export const CHACHAPOLY: NoiseCipher = { name: 'ChaChaPoly', keyed: key => crypto.chachaPoly(key), littleEndianNonce: true }

/** Options of {@link noiseProtocol}. */
export interface NoiseProtocolOptions {
  /** KEMs to choose from for `hfs`, such as `mlKem768` of `hushwire/noise/hybrid`; none unless given. */
  kems?: readonly Kem[] | undefined
}

/**
 * The protocol of a name: `Noise_`, a fundamental pattern with its modifiers (`hfs` and `psk0` to `psk3`, joined by
 * `+` in alphabetical order), `_25519` (with `+` and the name of a KEM where there is `hfs`), `_AESGCM` or
 * `_ChaChaPoly`, and `_SHA256`, `_SHA512`, `_BLAKE2s` or `_BLAKE2b`.
 *
 * @throws ERR_NOISE_PROTOCOL when a part of the name is not known, or does not go with the others
 * @example
 * ```ts runnable
 * import { noiseProtocol } from 'hushwire/noise'
 *
 * noiseProtocol('Noise_XX_25519_ChaChaPoly_SHA256').pattern.messages.length // 3
 * noiseProtocol('Noise_XXpsk3_25519_AESGCM_BLAKE2b').pattern.messages[2] // s, se, psk
 * ```
 */
export function noiseProtocol (name: string, { kems = [] }: NoiseProtocolOptions = {}): NoiseProtocol {
  if (typeof name !== 'string') throw noiseError('ERR_NOISE_PROTOCOL', 'not a string')
  const [noise, patternName = '', agreements = '', cipherName, hashName, ...more] = name.split('_')
  const [agreement, kemName, ...others] = agreements.split('+')
  const pattern = patternOf(patternName)
  const cipher = [AESGCM, CHACHAPOLY].find(({ name }) => name === cipherName)
  const hash = [crypto.sha256, sha512, blake2s, blake2b].find(({ name }) => name === hashName)
  const kem = kems.find(({ name }) => name === kemName)
  const hybrid = patternName.includes('hfs')
  if (hybrid && kem === undefined && kemName !== undefined) throw noiseError('ERR_NOISE_PROTOCOL', `${name.slice(0, 64)} needs its KEM in the option kems`)
  if (noise !== 'Noise' || agreement !== '25519' || others.length > 0 || more.length > 0 || pattern === undefined || cipher === undefined || hash === undefined || hybrid !== (kemName !== undefined) || hybrid !== (kem !== undefined)) {
    throw noiseError('ERR_NOISE_PROTOCOL', name.slice(0, 64))
  }
  return { name, pattern, cipher, hash, kem }
}
