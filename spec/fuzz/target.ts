import type { MaybePromise } from '../../lib/stream/index.js'
import type { Input } from './input.js'
import type { Random } from './random.js'

/** One decoder as it is fuzzed. */
export interface Target {
  /** Such as `nova.frame`. */
  readonly name: string
  /** True where the decoder depends on a backend, so that it runs on both. */
  readonly backends?: boolean
  /** True where every agreement of keys is computed, see `repeatable.ts`. */
  readonly exact?: boolean
  /** Makes one valid encoding from random content; a few hundred of them are what is mutated. */
  readonly valid: (random: Random) => MaybePromise<Uint8Array>
  /**
   * Feeds the decoder one input. Throws what the decoder throws, and {@link Violation} where what it accepted is not
   * what it should be. False where nothing came of the input, though nothing was thrown.
   */
  readonly decode: (input: Input) => MaybePromise<boolean | undefined> | MaybePromise<void>
  /** The codes that the decoder may raise for what came over the wire. */
  readonly codes: readonly string[]
  /** Those of its first check: how many inputs get past it shows whether the fuzzing reaches anything. */
  readonly first: readonly string[]
  /** Lengths and counts at which its rules change: they and their neighbours are written into inputs. */
  readonly edges?: readonly number[]
  /** The most bytes that one allocation may have while an input of so many bytes is decoded. */
  readonly largest: (bytes: number) => number
  /** The most bytes of all allocations for an input, which bounds what the decoder can hold. Default 64 KiB and 64 times the input. */
  readonly total?: ((bytes: number) => number) | undefined
}

/** Something that a decoder must not do. */
export class Violation extends Error {}

/** @throws Violation unless both are the same bytes */
export function same (what: string, actual: Uint8Array, expected: Uint8Array): void {
  if (Buffer.compare(actual, expected) !== 0) throw new Violation(`${what}: ${hexOf(actual)} instead of ${hexOf(expected)}`)
}

/** @throws Violation unless it is so */
export function holds (what: string, so: boolean): void {
  if (!so) throw new Violation(what)
}

function hexOf (bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 64)).toString('hex') + (bytes.byteLength > 64 ? `… (${bytes.byteLength} bytes)` : '')
}
