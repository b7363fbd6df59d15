import test from 'ava'
import { PATTERNS } from '../../lib/noise/index.js'
import { vectors } from '../support/vectors.js'
import { noiseSuite } from '../vectors/suites/noise.js'

test('the vectors of others reach the patterns that hushwire itself uses, with both ciphers', t => {
  // the checks themselves run with the other suites of vectors
  const checks = [...noiseSuite.checks(vectors)]
  const covered = checks.filter(check => !('missing' in check)).map(({ name }) => name)
  for (const file of ['noise-snow/snow', 'noise-cacophony/cacophony', 'noise-flynn/flynn']) {
    if (vectors(`third-party/${file}.25519.json`) === undefined) {
      t.log(`left out: third-party/${file}.25519.json (no file)`)
      continue
    }
    for (const pattern of ['XX', 'IK', 'X']) {
      for (const cipher of ['AESGCM', 'ChaChaPoly']) {
        t.true(covered.some(name => name.startsWith(file) && name.endsWith(` Noise_${pattern}_25519_${cipher}_SHA256`)), `${file} ${pattern} ${cipher}`)
      }
    }
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
