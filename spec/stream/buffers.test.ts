/** `slice()` of a Buffer does not copy: who keeps bytes of a Buffer has to copy in another way. */
import test from 'ava'
import { cipher, type Frame } from '../../lib/nova/index.js'
import { pipe, Reader } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { collect, items } from '../support/sources.js'

async function * oneBufferAgain (): AsyncGenerator<Buffer, void> {
  const buffer = Buffer.alloc(4)
  for (const byte of [1, 2, 3]) yield buffer.fill(byte)
}

const EXPECTED = Uint8Array.of(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3)

test('a reader keeps what came before', async t => {
  t.deepEqual(await new Reader(oneBufferAgain()).read(12), EXPECTED)
})

test('a pair in memory copies what is written', async t => {
  const [left, right] = memoryPair({ latency: 1 })
  const [came] = await Promise.all([collect(right.source), left.sink(oneBufferAgain()), right.sink(items())])
  t.deepEqual(came, EXPECTED)
})

test('a cipher wipes a key of its own, not the one it was given', async t => {
  const key = Buffer.alloc(32, 7)
  const hop = cipher({ key: { seal: key, open: key }, sequenced: true })
  const rekey = Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 0)
  const frame: Frame = { packetNonce: 0, frameNonce: 3, terminating: false, encrypted: false, size: 9, content: [rekey] }
  for await (const batch of pipe(items([frame]), hop.seal())) t.is(batch.length, 1)
  hop.destroy()
  t.deepEqual(key, Buffer.alloc(32, 7))
})
