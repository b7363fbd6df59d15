import { join } from '../../../stream/index.js'
import { clientError } from '../errors.js'
import { readHead } from '../../wire/index.js'

/** Bytes of the name of a stream. */
export const STREAM_ID_BYTES = 8
const OPEN = 1
const ANSWER = 2
const KIND_BYTES = 8

/** What a message of a stream begins with. */
export type StreamHead =
  /** Somebody opens a stream, of this kind of the application's. */
  | { readonly type: 'open', readonly streamId: Uint8Array, readonly kind: bigint }
  /** The stream that was opened is accepted; what follows is its other direction. */
  | { readonly type: 'answer', readonly streamId: Uint8Array }

export function encodeOpen (streamId: Uint8Array, kind: bigint): Uint8Array {
  const bytes = join([Uint8Array.of(OPEN), streamId, new Uint8Array(KIND_BYTES)])
  new DataView(bytes.buffer).setBigUint64(1 + STREAM_ID_BYTES, kind)
  return bytes
}

export function encodeStreamAnswer (streamId: Uint8Array): Uint8Array {
  return join([Uint8Array.of(ANSWER), streamId])
}

/** Reads what a message of a stream begins with. @throws ERR_RELAY_STREAM, and what the source throws */
export async function readStreamHead (source: AsyncIterable<Uint8Array>): Promise<{ head: StreamHead, rest: AsyncIterableIterator<Uint8Array> }> {
  const first = await readHead(source, 1 + STREAM_ID_BYTES)
  const type = first?.head[0]
  const streamId = first?.head.slice(1)
  if (first === undefined || streamId === undefined || type !== OPEN && type !== ANSWER) throw clientError('ERR_RELAY_STREAM')
  if (type === ANSWER) return { head: { type: 'answer', streamId }, rest: first.rest }
  const second = await readHead(first.rest, KIND_BYTES)
  if (second === undefined) throw clientError('ERR_RELAY_STREAM')
  return { head: { type: 'open', streamId, kind: new DataView(second.head.buffer, second.head.byteOffset).getBigUint64(0) }, rest: second.rest }
}
