import { createCipheriv, createHash } from 'node:crypto'
import { toHex } from '../../lib/bytes/index.js'
import type { Content } from './job.js'

const PHRASE = 'the same words over and over, so that zlib has something to do; '

/** The bytes of a content, which the Go peer makes alike: AES-256-CTR over zeros with the seed for a key, or text. */
export function contentOf ({ seed, size, text = false }: Content): Uint8Array {
  if (text) return new Uint8Array(Buffer.alloc(size, `${seed} ${PHRASE}`))
  const key = Buffer.alloc(32)
  key.writeUInt32BE(seed, 28)
  return new Uint8Array(createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(size)))
}

/** How both sides tell what they have read. */
export interface Digest {
  readonly size: number
  readonly sha256: string
}

/** Of bytes in one piece. */
export function digestOf (bytes: Uint8Array): Digest {
  return { size: bytes.byteLength, sha256: toHex(createHash('sha256').update(bytes).digest()) }
}

/** Of bytes as they come. */
export async function digestOfAll (source: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash('sha256')
  let size = 0
  for await (const piece of source) {
    hash.update(piece)
    size += piece.byteLength
  }
  return { size, sha256: toHex(hash.digest()) }
}
