/** The part of node:assert/strict that the vector suites use, for browsers: the bundler puts it in its place. */

class AssertionError extends Error {}

const assertions = {
  ok: (value: unknown, message = 'not truthy'): void => {
    if (value === undefined || value === null || value === false || value === 0 || value === '') throw new AssertionError(message)
  },
  fail: (message: string): never => {
    throw new AssertionError(message)
  },
  equal: (actual: unknown, expected: unknown, message?: string): void => {
    if (!Object.is(actual, expected)) throw new AssertionError(message ?? `${shown(actual)} is not ${shown(expected)}`)
  },
  notEqual: (actual: unknown, other: unknown, message?: string): void => {
    if (Object.is(actual, other)) throw new AssertionError(message ?? `${shown(actual)} twice`)
  },
  deepEqual: (actual: unknown, expected: unknown, message?: string): void => {
    if (!same(actual, expected)) throw new AssertionError(message ?? `${shown(actual)} is not ${shown(expected)}`)
  },
  throws: (what: () => unknown, expected?: Readonly<Record<string, unknown>>): void => {
    try {
      what()
    } catch (error) {
      expectError(error, expected)
      return
    }
    throw new AssertionError('nothing was thrown')
  },
  rejects: async (what: Promise<unknown> | (() => Promise<unknown>), expected?: Readonly<Record<string, unknown>>): Promise<void> => {
    try {
      await (typeof what === 'function' ? what() : what)
    } catch (error) {
      expectError(error, expected)
      return
    }
    throw new AssertionError('nothing was rejected')
  }
}

/** Both spellings of the strict comparisons. */
export const strict = {
  ...assertions,
  strictEqual: assertions.equal,
  notStrictEqual: assertions.notEqual,
  deepStrictEqual: assertions.deepEqual
}

function expectError (error: unknown, expected: Readonly<Record<string, unknown>> = {}): void {
  for (const [name, value] of Object.entries(expected)) assertions.deepEqual((error as Record<string, unknown>)[name], value)
}

function same (a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Map && b instanceof Map) return same([...a], [...b])
  if (a instanceof Set && b instanceof Set) return same([...a], [...b])
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length
    && keys.every(key => Object.hasOwn(b, key) && same((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]))
}

function shown (value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => typeof part === 'bigint' ? `${part}n` : part) as string | undefined
  return text ?? typeof value
}
