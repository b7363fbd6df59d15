import { blake2b as nobleBlake2b, blake2s as nobleBlake2s } from '@noble/hashes/blake2.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 as nobleSha256, sha512 as nobleSha512 } from '@noble/hashes/sha2.js'
import type { CHash } from '@noble/hashes/utils.js'
import type { Hash } from './interface.js'

/** A hash of noble. Its HMAC is the generic one, which is what Noise asks for with BLAKE2 too (section 4.3), not BLAKE2's own keyed mode. */
function portableHash (name: string, noble: CHash): Hash {
  return {
    name,
    length: noble.outputLen,
    blockLength: noble.blockLen,
    digest (...pieces) {
      const state = noble.create()
      for (const piece of pieces) state.update(piece)
      return state.digest()
    },
    create: () => noble.create(),
    hmac (key, ...pieces) {
      const state = hmac.create(noble, key)
      for (const piece of pieces) state.update(piece)
      return state.digest()
    }
  }
}

// marked as pure, so that a bundle carries those alone that it uses
export const sha256 = /* @__PURE__ */ portableHash('SHA256', nobleSha256)
/** SHA-512 (FIPS 180-4): digests of 64 bytes, blocks of 128. */
export const sha512 = /* @__PURE__ */ portableHash('SHA512', nobleSha512)
/** BLAKE2s-256 (RFC 7693), unkeyed: digests of 32 bytes, blocks of 64. */
export const blake2s = /* @__PURE__ */ portableHash('BLAKE2s', nobleBlake2s)
/** BLAKE2b-512 (RFC 7693), unkeyed: digests of 64 bytes, blocks of 128. */
export const blake2b = /* @__PURE__ */ portableHash('BLAKE2b', nobleBlake2b)
