import type { Uint8ArrayList } from 'uint8arraylist'
import { crypto } from '../../../lib/crypto/index.js'
import type { MessageSource, OpenOptions, SealOptions } from '../../../lib/nova/session/body.js'
import { type MessageRoute, openHardenedBody, sealHardenedBody } from '../../../lib/nova/session/hardened-body.js'
import { ReceivingKey, SendingKey } from '../../../lib/nova/session/hardened-keys.js'
import { openSeedBody, sealSeedBody, SeedSessionKey } from '../../../lib/nova/session/seed-body.js'
import { type Bytes, join } from '../../../lib/stream/index.js'

/** One kind of body with its keys in place. */
export interface Wire {
  name: string
  headerBytes: number
  seal(source: MessageSource, options?: SealOptions): AsyncIterableIterator<Uint8ArrayList>
  open(source: AsyncIterable<Bytes>, options?: OpenOptions): AsyncIterableIterator<Uint8Array>
}

export const route: MessageRoute = { target: new Uint8Array(16).fill(1), source: new Uint8Array(16).fill(2), kind: 7n }

export function seedWire (): Wire {
  const key = new SeedSessionKey(crypto.randomBytes(32))
  return { name: 'seed', headerBytes: 8, seal: (source, options) => sealSeedBody(source, key, options), open: (source, options) => openSeedBody(source, key, options) }
}

/** A new receiver each time a body is opened, so that one body can be opened again and again. */
export function hardenedWire (): Wire {
  const secret = crypto.randomBytes(32)
  const key = new SendingKey(secret)
  return {
    name: 'hardened',
    headerBytes: 33,
    seal: (source, options) => sealHardenedBody(source, key, route, options),
    open: (source, options) => openHardenedBody(source, () => new ReceivingKey(secret), route, options)
  }
}

export async function collectList (source: AsyncIterable<Uint8ArrayList>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const list of source) pieces.push(...list)
  return join(pieces)
}

export async function codeOf (run: Promise<unknown>): Promise<string> {
  return run.then(() => 'accepted', (error: unknown) => String((error as { code?: string }).code))
}

/** Where each chunk of a body begins and ends. */
export function chunksOf (body: Uint8Array, headerBytes: number): Array<{ start: number, end: number }> {
  const chunks = []
  const view = new DataView(body.buffer, body.byteOffset)
  for (let start = headerBytes; start < body.byteLength;) {
    const end = start + 5 + view.getUint32(start)
    chunks.push({ start, end })
    start = end
  }
  return chunks
}
