/**
 * Runs of the simulation: `npm run simulate -- --runs 5000`, and one again with its steps: `npm run simulate -- --seed N`. The last line is
 * `N passed, M failed`; the exit code is 1 when anything failed.
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { SingleBar } from 'cli-progress'
import { simulate, type Outcome } from './simulate.js'

const { values } = parseArgs({ options: { seed: { type: 'string' }, runs: { type: 'string' }, trace: { type: 'boolean' } } })
const first = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const runs = Number(values.runs ?? (values.seed === undefined ? 1000 : 1))
const bar = new SingleBar({ format: '{bar} {value}/{total} runs, {failed} failed, {eta_formatted} left', noTTYOutput: false })
const failed: Outcome[] = []
const sums = { letters: 0, streams: 0, time: 0 }
if (process.stderr.isTTY) bar.start(runs, 0, { failed: 0 })
for (let seed = first; seed < first + runs; seed++) {
  const outcome = await simulate(seed)
  sums.letters += outcome.letters['handed'] ?? 0
  sums.streams += outcome.streams
  sums.time += outcome.time
  if (values.trace === true) console.log(outcome.trace.join('\n'))
  if (outcome.problems.length > 0) {
    failed.push(outcome)
    console.error(`\nseed ${seed}: ${outcome.problems.join('\n  ')}\n  again: npm run simulate -- --seed ${seed} --trace`)
  }
  bar.update(seed - first + 1, { failed: failed.length })
}
bar.stop()
console.log(`seeds from ${first}: ${sums.letters} letters, ${sums.streams} streams, ${Math.round(sums.time / 3_600_000)} hours of simulated time`)
console.log(`${runs - failed.length} passed, ${failed.length} failed`)
process.exitCode = failed.length > 0 ? 1 : 0
