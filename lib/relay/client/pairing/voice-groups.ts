import { sha512 } from '../../../crypto/index.js'

const GROUPS = 8
const GROUP_BYTES = 5

/**
 * What two people compare by voice to know that they have the same key: eight groups of five digits of its SHA-512, 132 bits.
 *
 * @param publicKey - the Ed25519 key, 32 bytes
 * @example
 * ```ts
 * import { createIdentity } from 'hushwire/nova'
 * import { voiceGroups } from 'hushwire/relay'
 *
 * console.log(voiceGroups(createIdentity().publicKey)) // such as 77560 25235 97835 40065 76822 49409 70379 97557
 * ```
 */
export function voiceGroups (publicKey: Uint8Array): string {
  const digest = sha512.digest(publicKey)
  return Array.from({ length: GROUPS }, (_, group) => {
    let number = 0n
    for (const byte of digest.subarray(GROUP_BYTES * group, GROUP_BYTES * (group + 1))) number = number << 8n | BigInt(byte)
    return String(number % 100_000n).padStart(5, '0')
  }).join(' ')
}
