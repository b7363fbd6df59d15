import { strict as assert } from 'node:assert'
import { crypto } from '../../lib/crypto/index.js'
import { join } from '../../lib/stream/index.js'
import { dialWebSocket } from '../../lib/transport/websocket.js'

/** One thing that is tried in the browser; it throws when it does not hold. */
export interface BrowserCase {
  readonly name: string
  readonly run: () => void | Promise<void>
}

/** What Node offers to the page: addresses of servers that echo. */
export interface PageSetup {
  /** A WebSocket server that sends everything back. */
  readonly echo: string
  /** A relay that listens for WebSockets, and its key in hex. */
  readonly relay: { readonly url: string, readonly key: string }
  /** What the names of those hold that are run alone. */
  readonly only?: string | undefined
}

/** Around the block of AES, the size from which WebCrypto is asked, and the largest frame. */
const SIZES = [0, 1, 15, 16, 17, 199, 200, 2047, 2048, 2049, 65_535, 65_536, 1_048_576]

/** Both ciphers of the backend over sizes at which one implementation takes over from another. */
export const cryptoCases: readonly BrowserCase[] = [
  { name: 'the backend is the portable one', run: (): void => { assert.equal(crypto.backend, 'portable') } },
  ...SIZES.map(size => ({ name: `AES-GCM of ${size} bytes, in one piece and in many`, run: async (): Promise<void> => { await sealAndOpen(size) } })),
  ...SIZES.map(size => ({ name: `AES-GCM refuses ${size} bytes when one bit was flipped`, run: async (): Promise<void> => { await openForged(size) } }))
]

async function sealAndOpen (size: number): Promise<void> {
  const key = crypto.randomBytes(32)
  const nonce = crypto.randomBytes(12)
  const about = crypto.randomBytes(size % 40)
  const plain = patterned(size)
  const pieces = [plain.subarray(0, size / 3), plain.subarray(size / 3)]
  const bulk = crypto.bulkAesGcm(key)
  const one = crypto.aesGcm(key)
  const sealed = join(await bulk.seal(nonce, about, pieces))
  assert.equal(sealed.byteLength, size + 16)
  assert.deepEqual(join(one.seal(nonce, about, [plain])), sealed)
  assert.deepEqual(join(await bulk.open(nonce, about, [sealed.subarray(0, 5), sealed.subarray(5)])), plain)
  assert.deepEqual(join(one.open(nonce, about, [sealed])), plain)
}

async function openForged (size: number): Promise<void> {
  const nonce = crypto.randomBytes(12)
  const bulk = crypto.bulkAesGcm(crypto.randomBytes(32))
  const sealed = new Uint8Array(join(await bulk.seal(nonce, new Uint8Array(0), [patterned(size)])))
  sealed[size >> 1] = (sealed[size >> 1] ?? 0) ^ 1
  await assert.rejects(async () => bulk.open(nonce, new Uint8Array(0), [sealed]), { code: 'ERR_CRYPTO_AUTH' })
}

/** Bytes that differ from place to place. */
function patterned (size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at++) bytes[at] = at * 31 + (at >> 8)
  return bytes
}

/** The native WebSocket against our server on Node, which sends everything back. */
export const webSocketCases = (setup: PageSetup): readonly BrowserCase[] => [
  { name: 'a WebSocket carries bytes to the end and back', run: async (): Promise<void> => { await echoed(setup, [1, 1000, 70_000, 1_000_000]) } },
  { name: 'a WebSocket that carries nothing ends cleanly', run: async (): Promise<void> => { await echoed(setup, []) } },
  { name: 'a WebSocket that is aborted throws the reason at its reader', run: async (): Promise<void> => { await aborted(setup) } }
]

async function echoed (setup: PageSetup, sizes: readonly number[]): Promise<void> {
  const socket = await dialWebSocket(setup.echo)
  const sent = sizes.map(patterned)
  const back: Uint8Array[] = []
  const writing = socket.sink((async function * () { yield * sent })())
  for await (const chunk of socket.source) back.push(chunk.slice())
  await writing
  await socket.close()
  assert.deepEqual(join(back), join(sent))
}

async function aborted (setup: PageSetup): Promise<void> {
  const socket = await dialWebSocket(setup.echo)
  const reading = socket.source[Symbol.asyncIterator]().next()
  socket.abort(new Error('enough'))
  await assert.rejects(reading, { message: 'enough' })
}
