import { crashRun } from './crashes.js'
import { once as test } from './once.js'
import { newFolder } from './support.js'

/** 200 kills in all: of two stores at once, one test after the other. More: `node dist/spec/store/crash.js --kills 10000`. */
const SEEDS = Array.from({ length: 20 }, (_, index) => index + 1)
const KILLS = 5

for (const seed of SEEDS) {
  test(`killed ${2 * KILLS} times while it writes: what was acknowledged is there once, in order (seed ${seed})`, async t => {
    const runs = await Promise.all([seed, seed + 1000].map(seed => crashRun(newFolder(), seed, KILLS)))
    for (const { problems, acknowledged } of runs) {
      t.deepEqual(problems, [])
      t.true(acknowledged >= KILLS, `${acknowledged} acknowledged`)
    }
  })
}
