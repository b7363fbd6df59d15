/**
 * Fuzzes every decoder, each in a worker of its own that a watchdog looks at: `npm run fuzz`. The last line is
 * `N passed, M failed`; the exit code is 1 when anything failed. Options: docs/fuzzing.md.
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import type { Backends } from './job.js'
import { run, type Order } from './runner.js'
import { targets } from './targets/index.js'

/** What the portable backends get of the inputs unless they alone are chosen: they are up to ten times as slow, and above them everything is the same. */
const PORTABLE_SHARE = 0.02

const { values } = parseArgs({
  options: {
    target: { type: 'string', multiple: true },
    backend: { type: 'string' },
    runs: { type: 'string', default: '100000' },
    minutes: { type: 'string' },
    seed: { type: 'string' },
    path: { type: 'string' }
  }
})
const seed = values.seed === undefined ? randomInt(2 ** 31) : number('seed', values.seed)
const chosen = targets.filter(({ target: { name } }) => values.target?.some(part => name.startsWith(part)) ?? true)
if (chosen.length === 0) throw new Error(`no target ${values.target?.join() ?? ''}; there are ${targets.map(({ target }) => target.name).join(', ')}`)

const orders = chosen.flatMap(({ file, target: { name, backends } }): Order[] => (backends === true ? ['native', 'portable'] as const : ['native'] as const)
  .filter((which: Backends) => values.backend === undefined || which === values.backend)
  .map(backends => ({
    module: new URL(`./targets/${file}.js`, import.meta.url).href,
    target: name,
    backends,
    seed,
    runs: Math.ceil(number('runs', values.runs) * (backends === 'portable' && values.backend === undefined ? PORTABLE_SHARE : 1)),
    // the time is for all of them together
    seconds: values.minutes === undefined ? undefined : number('minutes', values.minutes) * 60,
    path: values.path
  })))

console.log(`fuzzing ${chosen.length} decoders, seed ${seed}`)
const { passed, failed } = await run(orders)
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0

function number (name: string, text: string): number {
  const value = Number(text)
  if (!(value > 0 || name === 'seed')) throw new Error(`--${name} is a number`)
  return value
}
