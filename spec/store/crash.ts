/** The crash test at any size: `node dist/spec/store/crash.js --kills 10000 --seed 7`. Exit code 1 when something was lost or doubled. */
import { parseArgs } from 'node:util'
import { crashRun } from './crashes.js'
import { newFolder } from './support.js'

const { values } = parseArgs({ options: { kills: { type: 'string', default: '2000' }, seed: { type: 'string', default: '1' } } })
const { kills, acknowledged, taken, problems } = await crashRun(newFolder(), Number(values.seed), Number(values.kills))
for (const problem of problems) console.error(problem)
console.log(`${kills} kills, ${acknowledged} messages acknowledged, ${taken} taken, ${problems.length} problems`)
process.exitCode = problems.length > 0 ? 1 : 0
