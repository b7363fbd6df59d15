import type { Input, Output } from './cursor.js'
import { bytesError } from './errors.js'
import type { Schema } from './schema.js'

/** How one kind of number lies in a DataView, big-endian. */
interface Layout<T> {
  readonly name: string
  readonly bytes: number
  readonly get: (view: DataView, at: number) => T
  readonly set: (view: DataView, at: number, value: T) => void
  /** Throws when the value is not one of this kind. */
  readonly check: (name: string, value: T) => void
}

function fixed<T> ({ name, bytes, get, set, check }: Layout<T>): Schema<T> {
  return {
    minBytes: bytes,
    read: (input: Input) => get(input.view, input.take(bytes)),
    write: (output: Output, value: T) => {
      check(name, value)
      const at = output.reserve(bytes)
      set(output.view, at, value)
    }
  }
}

function integerBetween (min: number, max: number) {
  return (name: string, value: number): void => {
    if (typeof value !== 'number') throw bytesError('ERR_VALUE', name)
    if (!Number.isInteger(value) || value < min || value > max) throw bytesError('ERR_VALUE_RANGE', name)
  }
}

function bigintBetween (min: bigint, max: bigint) {
  return (name: string, value: bigint): void => {
    if (typeof value !== 'bigint') throw bytesError('ERR_VALUE', name)
    if (value < min || value > max) throw bytesError('ERR_VALUE_RANGE', name)
  }
}

function anyNumber (name: string, value: number): void {
  if (typeof value !== 'number') throw bytesError('ERR_VALUE', name)
}

function single (name: string, value: number): void {
  anyNumber(name, value)
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) throw bytesError('ERR_VALUE_RANGE', name)
}

/** A whole number from -128 to 127 in 1 byte. */
export const int8: Schema<number> = fixed({
  name: 'int8', bytes: 1, get: (view, at) => view.getInt8(at), set: (view, at, value) => { view.setInt8(at, value) }, check: integerBetween(-0x80, 0x7f)
})

/** A whole number from -2^15 to 2^15 - 1 in 2 bytes. */
export const int16: Schema<number> = fixed({
  name: 'int16', bytes: 2, get: (view, at) => view.getInt16(at), set: (view, at, value) => { view.setInt16(at, value) }, check: integerBetween(-0x8000, 0x7fff)
})

/** A whole number from -2^31 to 2^31 - 1 in 4 bytes. */
export const int32: Schema<number> = fixed({
  name: 'int32', bytes: 4, get: (view, at) => view.getInt32(at), set: (view, at, value) => { view.setInt32(at, value) }, check: integerBetween(-0x80000000, 0x7fffffff)
})

/** A bigint from -2^63 to 2^63 - 1 in 8 bytes. */
export const int64: Schema<bigint> = fixed({
  name: 'int64', bytes: 8, get: (view, at) => view.getBigInt64(at), set: (view, at, value) => { view.setBigInt64(at, value) }, check: bigintBetween(-(2n ** 63n), 2n ** 63n - 1n)
})

/** A whole number from 0 to 255 in 1 byte. */
export const uint8: Schema<number> = fixed({
  name: 'uint8', bytes: 1, get: (view, at) => view.getUint8(at), set: (view, at, value) => { view.setUint8(at, value) }, check: integerBetween(0, 0xff)
})

/** A whole number from 0 to 2^16 - 1 in 2 bytes. */
export const uint16: Schema<number> = fixed({
  name: 'uint16', bytes: 2, get: (view, at) => view.getUint16(at), set: (view, at, value) => { view.setUint16(at, value) }, check: integerBetween(0, 0xffff)
})

/** A whole number from 0 to 2^32 - 1 in 4 bytes. */
export const uint32: Schema<number> = fixed({
  name: 'uint32', bytes: 4, get: (view, at) => view.getUint32(at), set: (view, at, value) => { view.setUint32(at, value) }, check: integerBetween(0, 0xffffffff)
})

/** A bigint from 0 to 2^64 - 1 in 8 bytes. */
export const uint64: Schema<bigint> = fixed({
  name: 'uint64', bytes: 8, get: (view, at) => view.getBigUint64(at), set: (view, at, value) => { view.setBigUint64(at, value) }, check: bigintBetween(0n, 2n ** 64n - 1n)
})

/** Go's `int`: 8 bytes, as {@link int64}. */
export const int: Schema<bigint> = int64

/** Go's `uint`: 8 bytes, as {@link uint64}. */
export const uint: Schema<bigint> = uint64

/** An IEEE 754 single in 4 bytes. What a single cannot hold exactly is rounded; what is beyond its range is refused. */
export const float32: Schema<number> = fixed({
  name: 'float32', bytes: 4, get: (view, at) => view.getFloat32(at), set: (view, at, value) => { view.setFloat32(at, value) }, check: single
})

/** An IEEE 754 double in 8 bytes. Which NaN it is, is not kept. */
export const float64: Schema<number> = fixed({
  name: 'float64', bytes: 8, get: (view, at) => view.getFloat64(at), set: (view, at, value) => { view.setFloat64(at, value) }, check: anyNumber
})

/** True or false in 1 byte: 1 or 0, and nothing else is taken. */
export const bool: Schema<boolean> = {
  minBytes: 1,
  read: input => {
    const byte = input.view.getUint8(input.take(1))
    if (byte > 1) throw bytesError('ERR_BOOL', `it is ${byte}`)
    return byte === 1
  },
  write: (output, value) => {
    if (typeof value !== 'boolean') throw bytesError('ERR_VALUE', 'bool')
    const at = output.reserve(1)
    output.view.setUint8(at, value ? 1 : 0)
  }
}
