import { strict as assert } from 'node:assert'
import { fromHex, toHex } from '../../../lib/bytes/index.js'
import { cipher, encodeRoutedHeader, frames, routed, type CipherLayer, type Frame, type RoutedHeader } from '../../../lib/nova/index.js'
import { sameBytes, section, type Check, type Load, type Suite } from '../check.js'
import { novaKey } from '../keys.js'
import { chunksOf, collectBytes, sourceOf } from '../streams.js'
import { openBody } from './sessions.js'

interface Entry {
  packetNonce: number
  target: string
  source: string
  kindDecimal: string
  plaintextUtf8: string
  /** One packet: routing header and session body, in sealed frames. */
  wire: string
}

export const wholeStackSuite: Suite = {
  name: 'whole stack',
  checks: load => section<Entry>(load, 'nova.json', 'wholeStack', (entry, label) => checksOf(load, entry, label))
}

function * checksOf (load: Load, entry: Entry, label: string): Generator<Check> {
  const hop = (): CipherLayer => cipher({ key: novaKey(load, 'Kcs') })
  const header = (): RoutedHeader => ({ target: fromHex(entry.target), source: fromHex(entry.source), kind: BigInt(entry.kindDecimal) })
  yield { name: `${label}: decode the routing header`, run: async () => {
    assert.deepStrictEqual((await received(fromHex(entry.wire), hop())).header, header())
  } }
  yield { name: `${label}: decode down to the plaintext`, run: async () => {
    const { body } = await received(fromHex(entry.wire), hop())
    assert.equal(new TextDecoder().decode(await openBody(load, body)), entry.plaintextUtf8)
  } }
  yield { name: `${label}: the same frames again`, run: async () => {
    const opened = await framesOf(fromHex(entry.wire), hop())
    for (const frame of opened) assert.equal(frame.packetNonce, entry.packetNonce)
    sameBytes(await collectBytes(frames().encode()(hop().seal()(sourceOf(opened)))), entry.wire)
  } }
  yield { name: `${label}: encode the routing header`, run: async () => {
    const [first] = await framesOf(fromHex(entry.wire), hop())
    sameBytes((first?.content[0] ?? new Uint8Array(0)).subarray(0, 44), toHex(encodeRoutedHeader(header())))
  } }
}

/** The one routed packet of a wire. */
async function received (wire: Uint8Array, hop: CipherLayer): Promise<{ header: RoutedHeader, body: Uint8Array }> {
  const endpoint = routed()
  const running = endpoint.run(hop.open()(frames().decode()(chunksOf(wire, 100))))
  const packets: Array<{ header: RoutedHeader, body: Uint8Array }> = []
  for await (const { header, source } of endpoint.face.source) packets.push({ header, body: await collectBytes(source) })
  await running
  const [packet, ...more] = packets
  assert.ok(packet !== undefined && more.length === 0, `${packets.length} packets`)
  return packet
}

async function framesOf (wire: Uint8Array, hop: CipherLayer): Promise<Frame[]> {
  const opened: Frame[] = []
  for await (const batch of hop.open()(frames().decode()(sourceOf(wire)))) {
    for (const frame of batch) {
      if ('error' in frame) throw frame.error
      opened.push(frame)
    }
  }
  return opened
}
