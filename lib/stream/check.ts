import { streamError } from './errors.js'
import type { Bytes, Duplex } from './layer.js'

// What types say, asked once more for callers in plain JavaScript: what is wrong is told where it is given, and what is not
// bytes is not sent as some.

/** @throws ERR_ARGUMENT unless it is what {@link Duplex} says */
export function checkDuplex (duplex: Duplex<unknown, unknown>): void {
  const given: Partial<Duplex<unknown, unknown>> | null | undefined = duplex
  if (isSource(given?.source) && typeof given.sink === 'function') return
  throw streamError('ERR_ARGUMENT', 'a duplex has a source and a sink')
}

/** Whether it can be read from; the caller rejects what is not, since a sink throws nothing. */
export function isSource (source: unknown): boolean {
  return typeof (source as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator] === 'function'
}

/** What a sink says when {@link isSource} does not hold. */
export function notASource (): Error {
  return streamError('ERR_ARGUMENT', 'a source is an async iterable; an array or bytes can be yielded by one')
}

/** The same bytes. @throws ERR_ARGUMENT when they are none, such as text */
export function checkBytes (bytes: Bytes): Bytes {
  // by what it can do, since the class of lists would weigh on everything that needs none
  if (typeof (bytes as Partial<Bytes> | null | undefined)?.subarray === 'function') return bytes
  throw streamError('ERR_ARGUMENT', 'bytes are a Uint8Array or a Uint8ArrayList; text is encoded by TextEncoder')
}

/** @throws ERR_ARGUMENT unless it is undefined or an AbortSignal */
export function checkSignal (signal: AbortSignal | undefined): void {
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function') throw streamError('ERR_ARGUMENT', 'signal is an AbortSignal')
}

/** True for what may hold options: no function, list or bytes, which `typeof` alone would let through. */
export function isObject (value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
}

/** @throws ERR_ARGUMENT unless it is undefined or an object */
export function checkOptionsObject (options: object | undefined): void {
  if (options !== undefined && !isObject(options)) throw streamError('ERR_ARGUMENT', 'options are an object')
}

/** What an option may be: whether a value is, and what is said when it is not. */
export type Expected = readonly [fits: (value: unknown) => boolean, what: string]

/** A function. */
export const FUNCTION: Expected = [(value: unknown): boolean => typeof value === 'function', 'a function']
/** An object, see {@link isObject}. */
export const OBJECT: Expected = [isObject, 'an object']

/** One of these values. */
export function oneOf (...values: readonly unknown[]): Expected {
  return [(value: unknown): boolean => values.includes(value), values.map(value => JSON.stringify(value)).join(' or ')]
}

/** Something with these methods. */
export function having (...methods: readonly string[]): Expected {
  return [(value: unknown): boolean => methods.every(name => typeof (value as Record<string, unknown> | null | undefined)?.[name] === 'function'), `an object with ${methods.join(' and ')}`]
}

/**
 * Asks of each option that is given, and of those that are needed, whether it is what it may be.
 *
 * @throws what `fail` makes of the sentence: ERR_ARGUMENT unless it is said
 */
export function checkExpected (options: unknown, table: Readonly<Record<string, Expected>>, needed: readonly string[] = [], fail: (sentence: string) => Error = sentence => streamError('ERR_ARGUMENT', sentence)): void {
  if (!isObject(options)) throw fail('options are an object')
  for (const [name, [fits, what]] of Object.entries(table)) {
    const value = options[name]
    if ((value !== undefined || needed.includes(name)) && !fits(value)) throw fail(`${name} is ${what}`)
  }
}
