import test from 'ava'
import { vectors, vectorsChosen } from '../support/vectors.js'
import { suites } from './suites/index.js'

for (const suite of suites) {
  test(suite.name, async t => {
    let count = 0
    for (const check of suite.checks(vectors)) {
      count++
      if (!('missing' in check)) await t.notThrowsAsync(async () => check.run(), check.name)
      else if (check.required && vectorsChosen) t.fail(`missing: ${check.missing}`)
      else t.log(`left out: ${check.missing}`)
    }
    t.true(count > 0, 'a suite without a check')
  })
}
