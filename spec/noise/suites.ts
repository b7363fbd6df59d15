import { mlKem768 } from '../../lib/noise/hybrid.js'
import { noiseProtocol, type NoiseProtocol } from '../../lib/noise/index.js'
import type { Options } from './ends.js'

/** One protocol of each family: patterns with and without static keys and psks, both ciphers, all hashes, with and without ML-KEM. */
export const SUITES: ReadonlyArray<readonly [protocol: NoiseProtocol, both: Options]> = [
  [noiseProtocol('Noise_XX_25519_AESGCM_SHA256'), {}],
  [noiseProtocol('Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s'), { psks: [new Uint8Array(32).fill(9)] }],
  [noiseProtocol('Noise_NNpsk0_25519_AESGCM_SHA512'), { psks: [new Uint8Array(32).fill(8)] }],
  [noiseProtocol('Noise_KK_25519_ChaChaPoly_BLAKE2b'), {}],
  [noiseProtocol('Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256', { kems: [mlKem768] }), {}]
]
