/**
 * Checks the vectors of one folder (`VECTORS_DIR`, else those beside the checkout or in it) and nothing else. The
 * last line is `N passed, M failed`; the exit code is 1 when anything failed.
 */
import { vectorFolders, vectors, vectorsChosen } from '../support/vector-files.js'
import type { Check, Gap, Suite } from './check.js'
import { suites } from './suites/index.js'

let passed = 0
let failed = 0

console.log(`vectors of ${vectorFolders.join(', else ')}`)
for (const suite of suites) await runSuite(suite)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

async function runSuite (suite: Suite): Promise<void> {
  const before = passed
  try {
    for (const check of suite.checks(vectors)) await runCheck(suite, check)
  } catch (error) {
    fail(suite.name, error)
  }
  console.log(`${suite.name}: ${passed - before} passed`)
}

async function runCheck (suite: Suite, check: Check | Gap): Promise<void> {
  if ('missing' in check) {
    if (check.required && vectorsChosen) fail(`${suite.name}: ${check.name}`, `missing: ${check.missing}`)
    else console.log(`left out: ${check.missing}`)
    return
  }
  try {
    await check.run()
    passed++
  } catch (error) {
    fail(`${suite.name}: ${check.name}`, error)
  }
}

function fail (what: string, why: unknown): void {
  failed++
  console.log(`FAILED ${what}: ${why instanceof Error ? why.message : String(why)}`)
}
