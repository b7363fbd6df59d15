import { strict as assert } from 'node:assert'
import { toHex } from '../../lib/bytes/index.js'
import { HushwireError } from '../../lib/index.js'

/** One thing that is checked; it throws when it is not so. */
export interface Check {
  readonly name: string
  readonly run: () => void | Promise<void>
}

/** Something that could not be checked because the data is not there. */
export interface Gap {
  readonly name: string
  /** What is missing: a file or a section of one. */
  readonly missing: string
  /** True for our own files: in a folder that was chosen explicitly, their absence is a failure. */
  readonly required: boolean
}

/** Gives a vector file parsed, or undefined when there is none. */
export type Load = <T>(path: string) => T | undefined

/** The checks of one area. Each entry of its vector files makes at least one. */
export interface Suite {
  readonly name: string
  readonly checks: (load: Load) => Iterable<Check | Gap>
}

/**
 * The checks of every entry of one section of a file, which may be a list or a single object. Whatever throws while
 * they are made is a failed check.
 */
export function * section<T extends object> (load: Load, path: string, key: string, checks: (entry: T, label: string) => Iterable<Check>, options: { required?: boolean } = {}): Generator<Check | Gap> {
  const required = options.required ?? true
  const file = load<Record<string, T[] | T | undefined>>(path)
  if (file === undefined) {
    yield { name: key, missing: `${path} (no file)`, required }
    return
  }
  const found = file[key]
  const entries = found === undefined ? [] : Array.isArray(found) ? found : [found]
  if (entries.length === 0) yield { name: key, missing: `${path} (section ${key} is ${found === undefined ? 'missing' : 'empty'})`, required }
  for (const [index, entry] of entries.entries()) {
    const name = (entry as { name?: unknown }).name
    yield * checks(entry, `${key} ${index + 1}${typeof name === 'string' ? ` (${name})` : ''}`)
  }
}

/** Bytes are the same; what differs is shown in hex, cut short. */
export function sameBytes (actual: Uint8Array, expectedHex: string): void {
  const hex = toHex(actual)
  const expected = expectedHex.toLowerCase()
  if (hex === expected) return
  let at = 0
  while (hex[at] === expected[at]) at++
  const from = at - at % 2
  assert.fail(`${hex.length / 2} bytes, ${expected.length / 2} expected; from byte ${from / 2}: ${hex.slice(from, from + 32)}, expected ${expected.slice(from, from + 32)}`)
}

/** Something is refused with a coded error, not just in any way. */
export async function refused (what: () => unknown): Promise<void> {
  let thrown: unknown
  try {
    await what()
  } catch (error) {
    thrown = error
  }
  if (thrown === undefined) assert.fail('it was accepted')
  assert.ok(thrown instanceof HushwireError && thrown.code.startsWith('ERR_'), `refused without a code: ${thrown instanceof Error ? thrown.message : typeof thrown}`)
}
