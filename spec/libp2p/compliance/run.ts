/**
 * Runs js-libp2p's own compliance suites over our modules, which are written for Mocha, and sums up in a last line
 * `N passed, M failed`. Names of suites as arguments run those alone.
 */
import '../../../bench/peers/with-resolvers.js'
import { join } from 'node:path'
import Mocha from 'mocha'

const SUITES = ['encrypter', 'muxer']

const asked = process.argv.slice(2)
const mocha = new Mocha({ timeout: 60_000 })
for (const suite of asked.length > 0 ? asked : SUITES) mocha.addFile(join(import.meta.dirname, `${suite}.js`))
await mocha.loadFilesAsync()

const count = { passed: 0, failed: 0 }
const runner = mocha.run(() => {
  // a suite that has run nothing has shown nothing
  const failed = Math.max(count.failed, count.passed === 0 ? 1 : 0)
  console.log(`${count.passed} passed, ${failed} failed`)
  process.exitCode = failed > 0 ? 1 : 0
})
runner.on('pass', () => { count.passed++ })
runner.on('fail', () => { count.failed++ })
