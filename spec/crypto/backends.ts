import { crypto as node } from '../../lib/crypto/node.js'
import { crypto as portable } from '../../lib/crypto/portable.js'
import type { Crypto } from '../../lib/crypto/index.js'

/** Both backends in one process, whatever `#crypto` is. */
export const backends: readonly Crypto[] = [node, portable]

/** Every ordered pair of backends: who makes, who takes. */
export const pairs: ReadonlyArray<readonly [Crypto, Crypto]> = backends.flatMap(one => backends.map(other => [one, other] as const))

export const ALGORITHMS = ['aesGcm', 'bulkAesGcm', 'chachaPoly'] as const

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
