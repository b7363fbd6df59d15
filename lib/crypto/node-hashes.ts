import { createHash, createHmac, hash, type Hash as NodeHash } from 'node:crypto'
import { plain } from '../stream/index.js'
import type { Hash, HashState } from './interface.js'

class NodeHashState implements HashState {
  readonly #state: NodeHash

  constructor (state: NodeHash) {
    this.#state = state
  }

  update (piece: Uint8Array): void { this.#state.update(piece) }
  clone (): HashState { return new NodeHashState(this.#state.copy()) }
  digest (): Uint8Array { return plain(this.#state.digest()) }
}

/** A hash of OpenSSL by OpenSSL's name for it; its HMAC pads to the block length that OpenSSL knows. */
function nodeHash (name: string, algorithm: string, length: number, blockLength: number): Hash {
  return {
    name,
    length,
    blockLength,
    digest (...pieces) {
      if (pieces.length === 1) return plain(hash(algorithm, pieces[0] as Uint8Array, 'buffer'))
      const state = createHash(algorithm)
      for (const piece of pieces) state.update(piece)
      return plain(state.digest())
    },
    create: () => new NodeHashState(createHash(algorithm)),
    hmac (key, ...pieces) {
      const state = createHmac(algorithm, key)
      for (const piece of pieces) state.update(piece)
      return plain(state.digest())
    }
  }
}

export const sha256 = nodeHash('SHA256', 'sha256', 32, 64)
/** SHA-512 (FIPS 180-4): digests of 64 bytes, blocks of 128. */
export const sha512 = nodeHash('SHA512', 'sha512', 64, 128)
/** BLAKE2s-256 (RFC 7693), unkeyed: digests of 32 bytes, blocks of 64. Its HMAC is the generic one, as Noise asks for. */
export const blake2s = nodeHash('BLAKE2s', 'blake2s256', 32, 64)
/** BLAKE2b-512 (RFC 7693), unkeyed: digests of 64 bytes, blocks of 128. Its HMAC is the generic one, as Noise asks for. */
export const blake2b = nodeHash('BLAKE2b', 'blake2b512', 64, 128)
