/**
 * Runs our implementations against independent ones: builds the peers of interop/ and has each do its cases with our
 * side, on the native backends and a selection again on the portable ones. Sums up in a last line `N passed, M failed`.
 * What cannot be run here (no toolchain, no registry) is named and counted apart.
 */
import { parseArgs } from 'node:util'
import { HalfProcess, type Backends } from './harness/half-process.js'
import { CASE_TIMEOUT, type Case, type Peer } from './harness/peer.js'
import { printRow, printSummary, type Row } from './harness/report.js'
import { build, type Built } from './harness/toolchain.js'
import { PEERS } from './peers.js'

const USAGE = `npm run interop [-- filter… --json]

Runs the cases whose line contains every filter, such as:  noise-go XX portable

  --list          names the cases and runs nothing
  --json          results as JSON

peers: ${PEERS.map(({ name }) => name).join(', ')}
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, list: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } }
})

/** One case on one kind of backends. */
interface Planned { readonly peer: Peer, readonly each: Case, readonly backends: Backends }

const stop = new AbortController()
const halves: Readonly<Record<Backends, HalfProcess>> = { native: new HalfProcess('native'), portable: new HalfProcess('portable') }

async function main (): Promise<void> {
  if (values.help) {
    process.stdout.write(USAGE)
    return
  }
  const planned = plan()
  if (values.list) {
    for (const { peer, each, backends } of planned) console.log(`${peer.name} ${each.name} ${backends}`)
    return
  }
  const peers = PEERS.filter(peer => planned.some(each => each.peer === peer))
  const built = new Map(await Promise.all(peers.map(async peer => [peer, await buildAndSay(peer)] as const)))
  const rows: Row[] = []
  for (const each of planned) {
    if (stop.signal.aborted) break
    const row = await runPlanned(each, built.get(each.peer))
    rows.push(row)
    if (!values.json && row.outcome !== 'left out') printRow(row)
  }
  await Promise.all([halves.native.stop(), halves.portable.stop()])
  if (values.json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
  else printSummary(rows)
  const failed = rows.some(({ outcome }) => outcome === 'failed')
  process.exitCode = failed || planned.length === 0 || stop.signal.aborted ? 1 : 0
}

function plan (): Planned[] {
  const kinds: readonly Backends[] = ['native', 'portable']
  const all = kinds.flatMap(backends => PEERS.flatMap(peer => peer.cases
    .filter(({ portable }) => backends === 'native' || portable === true)
    .map(each => ({ peer, each, backends }))))
  return all.filter(({ peer, each, backends }) => positionals.every(filter => `${peer.name} ${each.name} ${backends}`.includes(filter)))
}

async function buildAndSay (peer: Peer): Promise<Built> {
  const begin = performance.now()
  const built = await build(peer, stop.signal)
  const seconds = ((performance.now() - begin) / 1000).toFixed(1)
  process.stderr.write(`${peer.name}: ${built.state === 'ready' ? `built in ${seconds} s` : `${built.state.replace('-', ' ')}, ${built.reason}`}\n`)
  return built
}

async function runPlanned ({ peer, each, backends }: Planned, built: Built | undefined): Promise<Row> {
  const row = { peer: peer.name, name: each.name, backends }
  if (built === undefined || built.state === 'left-out') return { ...row, outcome: 'left out', reason: built?.reason ?? 'not built', milliseconds: 0 }
  if (built.state === 'failed') return { ...row, outcome: 'failed', reason: 'the peer could not be built', milliseconds: 0 }
  const { error, milliseconds } = await halves[backends].run({ peer: peer.name, name: each.name, program: built.program }, each.timeout ?? CASE_TIMEOUT)
  return error === undefined ? { ...row, outcome: 'ok', milliseconds } : { ...row, outcome: 'failed', reason: error, milliseconds }
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(name, () => {
    stop.abort()
    void Promise.all([halves.native.stop(), halves.portable.stop()])
  })
}

await main()
