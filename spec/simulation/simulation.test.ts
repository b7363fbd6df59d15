import { once as test } from '../store/once.js'
import { simulate } from './simulate.js'

/** Thousands: `npm run simulate -- --runs 5000`; one of them again, step by step: `npm run simulate -- --seed N --trace`. */
const GROUPS = 6
const RUNS = 4

for (let group = 0; group < GROUPS; group++) {
  const first = 1 + group * RUNS
  test(`clients and a relay with faults at every step, seeds ${first} to ${first + RUNS - 1}: in order, once, and nothing left`, async t => {
    for (let seed = first; seed < first + RUNS; seed++) {
      const { problems, trace } = await simulate(seed)
      if (problems.length > 0) t.log(`npm run simulate -- --seed ${seed} --trace\n${trace.slice(-60).join('\n')}`)
      t.deepEqual(problems, [], `seed ${seed}`)
    }
  })
}

/** Lines of one moment in one order: zlib's threads are real, so that of two streams either can be done first. */
function byMoment (trace: readonly string[]): string[] {
  const moments = trace.map(line => ({ at: Number.parseInt(line), line }))
  return moments.sort((one, other) => one.at - other.at || (one.line < other.line ? -1 : 1)).map(({ line }) => line)
}

test('the same seed gives the same run', async t => {
  const [one, other] = [await simulate(77), await simulate(77)]
  t.deepEqual(byMoment(one.trace), byMoment(other.trace))
})
