import test from 'ava'
import { PATTERNS } from '../../lib/noise/index.js'
import { vectors } from '../support/vectors.js'
import { noiseSuite } from '../vectors/suites/noise.js'

/** How many vectors each file has, and what of it is run: all. */
const COUNTS = { 'noise-snow/snow': 84, 'noise-cacophony/cacophony': 104, 'noise-flynn/flynn': 688, 'noise-XX': 24 }

test('every vector of the others is run', t => {
  // the checks themselves run with the other suites of vectors
  const checks = [...noiseSuite.checks(vectors)]
  const run = checks.filter(check => !('missing' in check)).map(({ name }) => name)
  for (const [file, count] of Object.entries(COUNTS)) {
    if (vectors(`third-party/${file}.25519.json`) === undefined) t.log(`left out: third-party/${file}.25519.json (no file)`)
    else t.is(run.filter(name => name.startsWith(`${file}.25519.json `)).length, count, file)
  }
  t.true(checks.length > 0)
})

test('the table has the patterns of the framework, each of its tokens once', t => {
  t.deepEqual(Object.keys(PATTERNS).sort(), ['IK', 'IN', 'IX', 'K', 'KK', 'KN', 'KX', 'N', 'NK', 'NN', 'NX', 'X', 'XK', 'XN', 'XX'])
  for (const { messages } of Object.values(PATTERNS)) {
    const agreements = messages.flat().filter(token => token.length === 2)
    t.is(new Set(agreements).size, agreements.length)
  }
})
