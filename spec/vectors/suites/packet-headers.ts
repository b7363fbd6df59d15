import { strict as assert } from 'node:assert'
import { decode, encode, fixedBytes, fromHex, struct, uint32, uint64 } from '../../../lib/bytes/index.js'
import { decodeRoutedHeader, encodeRoutedHeader } from '../../../lib/nova/index.js'
import { refused, sameBytes, section, type Check, type Suite } from '../check.js'

interface Entry { target: string, source: string, kindDecimal: string, bytes: string }

const MAGIC = 0x4e4f5641
const packetHeader = struct({ magic: uint32, target: fixedBytes(16), source: fixedBytes(16), kind: uint64 })

export const packetHeaders: Suite = {
  name: 'packet headers',
  checks: load => section(load, 'nova.json', 'packetHeaders', checksOf)
}

function * checksOf (entry: Entry, label: string): Generator<Check> {
  const value = () => ({ magic: MAGIC, target: fromHex(entry.target), source: fromHex(entry.source), kind: BigInt(entry.kindDecimal) })
  yield { name: `${label}: encode by schema`, run: () => { sameBytes(encode(packetHeader, value()), entry.bytes) } }
  yield { name: `${label}: decode by schema`, run: () => { assert.deepStrictEqual(decode(packetHeader, fromHex(entry.bytes)), value()) } }
  const routing = () => ({ target: fromHex(entry.target), source: fromHex(entry.source), kind: BigInt(entry.kindDecimal) })
  yield { name: `${label}: encode by the routing layer`, run: () => { sameBytes(encodeRoutedHeader(routing()), entry.bytes) } }
  yield { name: `${label}: decode by the routing layer`, run: () => { assert.deepStrictEqual(decodeRoutedHeader(fromHex(entry.bytes)), routing()) } }
  yield { name: `${label}: a short header or another magic`, run: async () => {
    const bytes = fromHex(entry.bytes)
    await refused(() => decodeRoutedHeader(bytes.subarray(0, -1)))
    await refused(() => decodeRoutedHeader(bytes.with(3, 0)))
  } }
}
