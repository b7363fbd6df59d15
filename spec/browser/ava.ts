import { strict as assert } from 'node:assert'
import type { BrowserCase } from './cases.js'

// The part of ava that the contract suites use, for browsers: the bundler puts it in its place.

/** What has been registered, in order. */
export const registered: BrowserCase[] = []

const assertions = {
  is: assert.equal,
  deepEqual: assert.deepEqual,
  true: (value: unknown, message?: string): void => { assert.equal(value, true, message) },
  false: (value: unknown, message?: string): void => { assert.equal(value, false, message) },
  throws: assert.throws
}

/** What a test is given. */
export type Assertions = typeof assertions

function test (name: string, run: (t: Assertions) => void | Promise<void>): void {
  registered.push({ name, run: () => run(assertions) })
}

test.serial = test

export { test as default }
