import { crashRun } from './crashes.js'
import { once as test } from './once.js'
import { newFolder } from './support.js'

/** A part of them with each seed, all at once. More: `node dist/spec/store/crash.js --kills 10000`. */
const KILLS = 200
const SEEDS = [1, 2, 3, 4]
/** Milliseconds for one kill and the look afterwards, on a machine that has much else to do. */
const PATIENCE = 60_000

for (const seed of SEEDS) {
  test(`killed ${KILLS / SEEDS.length} times while it writes: what was acknowledged is there once, in order (seed ${seed})`, async t => {
    t.timeout(PATIENCE)
    const { problems, acknowledged, taken } = await crashRun(newFolder(), seed, KILLS / SEEDS.length, () => { t.pass() })
    t.deepEqual(problems, [])
    t.true(acknowledged > KILLS / SEEDS.length && taken > 0, `${acknowledged} acknowledged, ${taken} taken`)
  })
}
