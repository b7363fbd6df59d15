import { strict as assert } from 'node:assert'
import { fromHex } from '../../../lib/bytes/index.js'
import { cipher, frames, packets, SEED_RULES, type CipherLayer, type Frame, type PacketFace } from '../../../lib/nova/index.js'
import { deferred, join, type Endpoint } from '../../../lib/stream/index.js'
import { sameBytes, section, type Check, type Load, type Suite } from '../check.js'
import { novaKey } from '../keys.js'
import { chunksOf, collectBytes, sourceOf } from '../streams.js'

interface Entry {
  packetNonce: number
  /** Content of the frames but the terminating one, which is empty. */
  frameSizes: number[]
  body: string
  plainFrames: string[]
  sealedFrames: string[]
}

export const packetsSuite: Suite = {
  name: 'packets',
  checks: load => section<Entry>(load, 'nova.json', 'packets', (entry, label) => checksOf(load, entry, label))
}

function * checksOf (load: Load, entry: Entry, label: string): Generator<Check> {
  const hop = (): CipherLayer => cipher({ key: novaKey(load, 'Kcs') })
  yield { name: `${label}: encode plain frames`, run: async () => { sameBytes(await sent(entry), entry.plainFrames.join('')) } }
  yield { name: `${label}: encode sealed frames`, run: async () => { sameBytes(await sent(entry, hop()), entry.sealedFrames.join('')) } }
  yield { name: `${label}: decode plain frames`, run: () => received(entry, entry.plainFrames) }
  yield { name: `${label}: decode sealed frames`, run: () => received(entry, entry.sealedFrames, hop) }
}

/** What a packet of this body becomes, its source giving a chunk a frame and each only when the last one is out. */
async function sent (entry: Entry, hop?: CipherLayer): Promise<Uint8Array> {
  const endpoint = packets({ rules: { ...SEED_RULES, firstNonce: entry.packetNonce } })
  let frameOut = deferred()
  async function * body (): AsyncGenerator<Uint8Array> {
    const bytes = fromHex(entry.body)
    let at = 0
    for (const size of entry.frameSizes) {
      frameOut = deferred()
      yield bytes.slice(at, at + size)
      at += size
      await frameOut.promise
    }
  }
  async function * watched (): AsyncGenerator<Frame[]> {
    for await (const batch of endpoint.outbound) {
      yield batch
      frameOut.resolve()
    }
  }
  const done = endpoint.face.send(body())
  const wire = collectBytes(frames().encode()(hop === undefined ? watched() : hop.seal()(watched())))
  await done
  void endpoint.face.close()
  const bytes = await wire
  await endpoint.run(sourceOf())
  return bytes
}

async function received (entry: Entry, wire: readonly string[], hop?: () => CipherLayer): Promise<void> {
  const bytes = join(wire.map(fromHex))
  for (const length of [bytes.byteLength, 1, 1000]) {
    const endpoint = packets()
    const source = frames().decode()(chunksOf(bytes, length))
    const running = endpoint.run(hop === undefined ? source : hop().open()(source))
    const bodies = await bodiesOf(endpoint)
    await running
    assert.equal(bodies.length, 1, 'packets')
    sameBytes(bodies[0] as Uint8Array, entry.body)
  }
}

async function bodiesOf (endpoint: Endpoint<never, unknown, PacketFace>): Promise<Uint8Array[]> {
  const bodies: Uint8Array[] = []
  for await (const packet of endpoint.face.source) bodies.push(await collectBytes(packet.source))
  return bodies
}
