import { streamError } from './errors.js'
import type { Bytes, Duplex } from './layer.js'

// What types say, asked once more for callers in plain JavaScript: what is wrong is told where it is given, and what is not
// bytes is not sent as some.

/** @throws ERR_ARGUMENT unless it is what `{@link Duplex}` says */
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
