import { strict as assert } from 'node:assert'
import { bytes, decode, encode, fromHex, string } from '../../../lib/bytes/index.js'
import { refused, section, type Check, type Suite } from '../check.js'

interface Entry { group: string, valid: boolean, hex: string }

/** Byte sequences of others, valid and not, as the content of a string. */
export const utf8: Suite = {
  name: 'utf-8',
  checks: load => section(load, 'third-party/utf8/utf8-validity.json', 'tests', checksOf, { required: false })
}

function * checksOf (entry: Entry, label: string): Generator<Check> {
  const content = (): Uint8Array => encode(bytes, fromHex(entry.hex))
  yield { name: `${label}: ${entry.group}`, run: async () => {
    if (entry.valid) assert.deepStrictEqual(encode(string, decode(string, content())), content())
    else await refused(() => decode(string, content()))
  } }
}
