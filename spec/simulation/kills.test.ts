import { newFolder } from '../store/support.js'
import { once as test } from '../store/once.js'
import { killRun } from './kills.js'

/** More: `npm run simulate -- --kills 500`. */
const KILLS = 20

test(`a relay that is killed ${KILLS} times in the middle of traffic, and started again over its folder: nothing acknowledged is lost, nothing comes twice`, async t => {
  const { acknowledged, problems } = await killRun(newFolder(), 1, KILLS)
  t.deepEqual(problems, [])
  t.true(acknowledged >= KILLS, `${acknowledged} acknowledged`)
})
