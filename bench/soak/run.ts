/**
 * The larger cases of faults and abuse: `npm run soak [-- name…] [--seconds N] [--size N] [--json]`. The exit code is 1 when an
 * expectation did not hold.
 */
import { parseArgs } from 'node:util'
import { runCase, type Seen, type SoakCase } from './case.js'
import { churn } from './churn.js'
import { flood } from './flood.js'
import { halfOpen } from './half-open.js'
import { idle } from './idle.js'
import { slowReader } from './slow-reader.js'
import { vanish } from './vanish.js'

const ALL: readonly SoakCase[] = [halfOpen, idle, slowReader, flood, churn, vanish]

const USAGE = `npm run soak [-- name…] [options]

${ALL.map(({ name, number, what }) => `  ${name.padEnd(12)} case ${number}: ${what}`).join('\n')}

  --seconds N   how long each case lasts, about
  --size N      how large it is: handshakes, connections, packets or connections a second
  --json        what was seen, as JSON
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: 'string' }, size: { type: 'string' }, json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } }
})

/** A number of at least 1, or undefined when there is none. */
function countOf (text: string | undefined): number | undefined {
  const count = Math.floor(Number(text))
  if (text !== undefined && !(count >= 1)) throw new Error(`${text} is not a number of at least 1`)
  return text === undefined ? undefined : count
}

function lineOf ({ name, figures, broken }: Seen): string {
  const seen = Object.entries(figures).map(([figure, value]) => `  ${figure.padEnd(46)} ${value}`)
  return [`${name}: ${broken.length === 0 ? 'holds' : 'DOES NOT HOLD'}`, ...seen, ...broken.map(text => `  ! ${text}`)].join('\n')
}

async function main (): Promise<void> {
  if (values.help || positionals.some(name => !ALL.some(soak => soak.name === name))) {
    process.stdout.write(USAGE)
    process.exitCode = values.help ? 0 : 1
    return
  }
  const scale = { seconds: countOf(values.seconds), size: countOf(values.size) }
  const all: Seen[] = []
  for (const soak of ALL.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const seen = await runCase(soak, scale)
    all.push(seen)
    if (!values.json) process.stdout.write(`${lineOf(seen)}\n\n`)
  }
  if (values.json) process.stdout.write(`${JSON.stringify(all, undefined, 2)}\n`)
  if (all.some(({ broken }) => broken.length > 0)) process.exitCode = 1
}

await main()
