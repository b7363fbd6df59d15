/**
 * Runs of the simulation: `npm run simulate -- --runs 5000`, and one again with its steps: `npm run simulate -- --seed N --trace`. With
 * `--kills N` it kills a relay in a process of its own so often instead. The last line is `N passed, M failed`; the exit code is 1 when
 * anything failed.
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { SingleBar } from 'cli-progress'
import { newFolder } from '../store/support.js'
import { killRun } from './kills.js'
import { simulate } from './simulate.js'

const { values } = parseArgs({ options: { seed: { type: 'string' }, runs: { type: 'string' }, kills: { type: 'string' }, trace: { type: 'boolean' } } })
const first = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed)
const bar = new SingleBar({ format: '{bar} {value}/{total}, {failed} failed, {eta_formatted} left' })
const { passed, failed } = values.kills === undefined ? await runs() : await kills(Number(values.kills))
bar.stop()
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

async function runs (): Promise<{ passed: number, failed: number }> {
  const count = Number(values.runs ?? (values.seed === undefined ? 1000 : 1))
  const sums = { letters: 0, streams: 0, time: 0 }
  let failed = 0
  if (values.trace !== true) bar.start(count, 0, { failed })
  for (let seed = first; seed < first + count; seed++) {
    const { problems, trace, letters, streams, time } = await simulate(seed)
    sums.letters += letters['handed'] ?? 0
    sums.streams += streams
    sums.time += time
    if (values.trace === true) console.log(trace.join('\n'))
    if (problems.length > 0) {
      failed++
      console.error(`\nseed ${seed}: ${problems.join('\n  ')}\n  again: npm run simulate -- --seed ${seed} --trace`)
    }
    bar.update(seed - first + 1, { failed })
  }
  console.log(`\nseeds from ${first}: ${sums.letters} letters, ${sums.streams} streams, ${Math.round(sums.time / 60_000)} minutes of simulated time`)
  return { passed: count - failed, failed }
}

async function kills (count: number): Promise<{ passed: number, failed: number }> {
  bar.start(count, 0, { failed: 0 })
  const { acknowledged, problems } = await killRun(newFolder(), first, count, kill => { bar.update(kill + 1) })
  console.log(`\n${acknowledged} letters acknowledged, seed ${first}`)
  for (const problem of problems) console.error(problem)
  return { passed: problems.length > 0 ? 0 : 1, failed: problems.length > 0 ? 1 : 0 }
}
