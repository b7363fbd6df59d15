import { Channel, HushwireError, ignore, join, Reader, asError, type Bytes, type Duplex } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'

export type Side = 0 | 1

/** A message on its way, its four bytes of length before it; `index` counts those of its sender from 0, handshake and all. */
export interface Passing {
  readonly from: Side
  readonly index: number
  readonly bytes: Uint8Array
}

/** What is handed on in the place of a message, and to whom. */
export type Pass = (passing: Passing) => ReadonlyArray<readonly [to: Side, bytes: Uint8Array]>

export const other = (side: Side): Side => side === 0 ? 1 : 0

/** Two duplexes with somebody between them who takes the messages apart. */
export function through (pass: Pass): [Duplex, Duplex] {
  const pairs = [memoryPair({ closeTimeout: 50 }), memoryPair({ closeTimeout: 50 })] as const
  const queues = [new Channel<Bytes>(), new Channel<Bytes>()] as const
  const carry = async (from: Side): Promise<void> => {
    const reader = new Reader(pairs[from][1].source)
    try {
      for (let index = 0; ; index++) {
        const prefix = await reader.read(4)
        const bytes = join([prefix, await reader.read(new DataView(prefix.buffer, prefix.byteOffset).getUint32(0))])
        for (const [to, changed] of pass({ from, index, bytes })) if (queues[to].open) await queues[to].push(changed)
      }
    } catch (error) {
      // an end between two messages
      if (error instanceof HushwireError && error.code === 'ERR_TRUNCATED') queues[other(from)].end()
      else pairs[other(from)][1].abort(asError(error))
    }
  }
  for (const side of [0, 1] as const) {
    pairs[side][1].sink(queues[side]).catch(ignore)
    void carry(side)
  }
  return [pairs[0][0], pairs[1][0]]
}

/** Hands everything on. */
export const honest: Pass = ({ from, bytes }) => [[other(from), bytes]]
