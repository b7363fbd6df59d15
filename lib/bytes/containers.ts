import { checkLength } from './blobs.js'
import type { Input, Output } from './cursor.js'
import { bytesError } from './errors.js'
import type { Infer, Schema } from './schema.js'

/** The fields of a {@link struct}, in the order in which they lie. */
export type Fields = Readonly<Record<string, Schema<unknown>>>

/** Names that an object does not keep in the order of its source text, or takes for something else. */
const UNORDERED = /^(?:\d+|__proto__)$/

/**
 * Elements of one schema behind a u32 count. For bytes, {@link bytes} is the same on the wire and much cheaper.
 *
 * @example
 * ```ts
 * import { encode, slice, uint16 } from 'hushwire/bytes'
 *
 * encode(slice(uint16), [1, 2]) // Uint8Array [0, 0, 0, 2, 0, 1, 0, 2]
 * ```
 */
export function slice<T> (of: Schema<T>): Schema<T[]> {
  return {
    minBytes: 4,
    read: input => readElements(input, of, input.takeCount(of.minBytes)),
    write: (output, value) => {
      checkArray('slice', value)
      output.appendCount(value.length)
      writeElements(output, of, value)
    }
  }
}

/**
 * Exactly `length` elements, nothing before them.
 *
 * @throws ERR_SCHEMA when the length is not a whole number from 0 to 2^32 - 1, or all of it above 2^53 bytes
 */
export function array<T> (of: Schema<T>, length: number): Schema<T[]> {
  checkLength(length)
  const minBytes = of.minBytes * length
  checkWidth(minBytes)
  return {
    minBytes,
    read: input => {
      // before anything is made of the first ones
      if (minBytes > input.left) throw bytesError('ERR_SHORT_INPUT', `${input.left} bytes for ${length} elements`)
      return readElements(input, of, length)
    },
    write: (output, value) => {
      checkArray('array', value)
      if (value.length !== length) throw bytesError('ERR_VALUE_RANGE', `${value.length} instead of ${length} elements`)
      writeElements(output, of, value)
    }
  }
}

/**
 * Named fields, one after another in the order in which they are given. Of a value that is encoded, further
 * fields are passed over.
 *
 * @throws ERR_SCHEMA for a field name of digits alone, which JavaScript would move to the front, or `__proto__`
 * @example
 * ```ts
 * import { decode, encode, string, struct, uint64 } from 'hushwire/bytes'
 *
 * const note = struct({ id: uint64, text: string })
 * decode(note, encode(note, { id: 1n, text: 'hi' })).text // 'hi'
 * ```
 */
export function struct<F extends Fields> (fields: F): Schema<{ [K in keyof F]: Infer<F[K]> }> {
  type Value = { [K in keyof F]: Infer<F[K]> }
  const entries = Object.entries(fields)
  const bad = entries.find(([name]) => UNORDERED.test(name))
  if (bad !== undefined) throw bytesError('ERR_SCHEMA', `a field cannot be named ${bad[0]}`)
  const minBytes = entries.reduce((sum, [, field]) => sum + field.minBytes, 0)
  checkWidth(minBytes)
  return {
    minBytes,
    read: input => {
      const value: Record<string, unknown> = {}
      for (const [name, field] of entries) value[name] = field.read(input)
      return value as Value
    },
    write: (output, value) => {
      if (typeof value !== 'object' || value === null) throw bytesError('ERR_VALUE', 'struct')
      for (const [name, field] of entries) field.write(output, value[name])
    }
  }
}

/** A Go pointer: what it points to. There is no nil on the wire, and none is taken. */
export function pointer<T> (of: Schema<T>): Schema<T> {
  return of
}

function readElements<T> (input: Input, of: Schema<T>, count: number): T[] {
  if (of.minBytes === 0) input.spend(count)
  const elements: T[] = []
  for (let index = 0; index < count; index++) elements.push(of.read(input))
  return elements
}

function writeElements<T> (output: Output, of: Schema<T>, elements: readonly T[]): void {
  if (of.minBytes === 0) output.spend(elements.length)
  // by index: holes of a sparse array must be refused as well
  for (let index = 0; index < elements.length; index++) of.write(output, elements[index] as T)
}

function checkArray (name: string, value: readonly unknown[]): void {
  if (!Array.isArray(value)) throw bytesError('ERR_VALUE', name)
}

function checkWidth (minBytes: number): void {
  if (!Number.isSafeInteger(minBytes)) throw bytesError('ERR_SCHEMA', 'a value would take more than 2^53 bytes')
}
