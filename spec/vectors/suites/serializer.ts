import { strict as assert } from 'node:assert'
import { array, bool, bytes, decode, encode, fixedBytes, float32, float64, fromHex, int16, int32, int64, int8, pointer, slice, string, struct, uint16, uint32, uint64, uint8, type Schema } from '../../../lib/bytes/index.js'
import { refused, sameBytes, section, type Check, type Suite } from '../check.js'

interface Entry {
  /** The values in words: `struct fields in order: bool true, int8 -1, …`. */
  about: string
  bytes: string
}

interface Described { readonly schema: Schema<unknown>, readonly value: unknown }

const NUMBERS: Readonly<Record<string, Schema<number>>> = { int8, int16, int32, uint8, byte: uint8, uint16, uint32, float32, float64 }
const BIGINTS: Readonly<Record<string, Schema<bigint>>> = { int64, int: int64, uint64, uint: uint64 }

export const serializer: Suite = {
  name: 'serializer',
  checks: load => section(load, 'nova.json', 'serializer', checksOf)
}

function * checksOf (entry: Entry, label: string): Generator<Check> {
  yield { name: `${label}: encode`, run: () => {
    const { schema, value } = described(entry)
    sameBytes(encode(schema, value), entry.bytes)
  } }
  yield { name: `${label}: decode`, run: () => {
    const { schema, value } = described(entry)
    assert.deepStrictEqual(decode(schema, fromHex(entry.bytes)), value)
  } }
  yield { name: `${label}: cut short or followed by more`, run: async () => {
    const { schema } = described(entry)
    const whole = fromHex(entry.bytes)
    for (let length = 0; length < whole.byteLength; length++) await refused(() => decode(schema, whole.subarray(0, length)))
    await refused(() => decode(schema, fromHex(`${entry.bytes}00`)))
  } }
}

/** The schema and the value of the sentence that an entry comes with. */
function described (entry: Entry): Described {
  const words = new Words(entry.about.replace(/^.*?in order:\s*/s, ''))
  const fields = words.fields()
  words.end()
  return fields
}

/** Reads such a sentence from left to right. */
class Words {
  #rest: string

  constructor (text: string) {
    this.#rest = text
  }

  end (): void {
    assert.equal(this.#rest, '', 'words that are not understood')
  }

  /** Fields with commas between, as a struct. */
  fields (): Described {
    const schemas: Record<string, Schema<unknown>> = {}
    const value: Record<string, unknown> = {}
    do {
      const name = `f${Object.keys(schemas).length}`
      const field = this.#field()
      schemas[name] = field.schema
      value[name] = field.value
    } while (this.#skip(/^,\s*/))
    return { schema: struct(schemas), value }
  }

  #field (): Described {
    if (this.#skip(/^(?:nested )?struct \{/)) {
      const nested = this.fields()
      assert.ok(this.#skip(/^\}/), 'a struct without its end')
      return nested
    }
    if (this.#skip(/^pointer to /)) {
      const target = this.#field()
      return { schema: pointer(target.schema), value: target.value }
    }
    if (this.#skip(/^bytes (?:slice )?/)) return { schema: bytes, value: fromHex(this.#take(/^[0-9a-f]*/i)) }
    if (this.#skip(/^byte array\[/)) return this.#byteArray()
    return this.#named(this.#take(/^\w+/))
  }

  #byteArray (): Described {
    const length = Number(this.#take(/^\d+/))
    this.#skip(/^\] /)
    return { schema: fixedBytes(length), value: fromHex(this.#take(/^[0-9a-f]*/i)) }
  }

  #named (type: string): Described {
    if (this.#skip(/^ slice \[/)) {
      const { schema, values } = this.#list(type)
      return { schema: slice(schema), value: values }
    }
    if (this.#skip(/^ array\[\d+\] \[/)) {
      const { schema, values } = this.#list(type)
      return { schema: array(schema, values.length), value: values }
    }
    assert.ok(this.#skip(/^ /), `no value for ${type}`)
    return this.#scalar(type)
  }

  #list (type: string): { schema: Schema<unknown>, values: unknown[] } {
    const found: Described[] = []
    while (!this.#skip(/^\]/)) {
      found.push(this.#scalar(type))
      this.#skip(/^,\s*/)
    }
    return { schema: found[0]?.schema ?? schemaOf(type), values: found.map(({ value }) => value) }
  }

  #scalar (type: string): Described {
    const schema = schemaOf(type)
    if (schema === string) return { schema, value: JSON.parse(this.#take(/^"(?:[^"\\]|\\.)*"/)) }
    const word = this.#take(/^[-+.\w]+/)
    if (schema === bool) return { schema, value: word === 'true' }
    return { schema, value: type in BIGINTS ? BigInt(word) : Number(word) }
  }

  #take (pattern: RegExp): string {
    const found = pattern.exec(this.#rest)
    assert.ok(found !== null, `${pattern.source} expected at: ${this.#rest}`)
    this.#rest = this.#rest.slice(found[0].length)
    return found[0]
  }

  #skip (pattern: RegExp): boolean {
    const found = pattern.exec(this.#rest)
    if (found !== null) this.#rest = this.#rest.slice(found[0].length)
    return found !== null
  }
}

function schemaOf (type: string): Schema<unknown> {
  const schema = NUMBERS[type] ?? BIGINTS[type] ?? (type === 'bool' ? bool : type === 'string' ? string : undefined)
  assert.ok(schema !== undefined, `no schema is called ${type}`)
  return schema
}
