import { parseArgs } from 'node:util'
import type { Benchmark } from './harness/benchmark.js'
import { writePage } from './harness/page.js'
import { section } from './harness/report.js'
import { run, type Result } from './harness/runner.js'
import { ctr } from './ctr.js'
import { idle } from './idle.js'
import { libp2pMuxer } from './libp2p-muxer.js'
import { memory } from './memory.js'
import { noiseBulk, noiseHandshakes } from './noise.js'
import { novaBulk } from './nova-bulk.js'
import { novaConnect } from './nova-connect.js'
import { novaLatency, novaLatencyBeside } from './nova-latency.js'
import { novaPackets } from './nova-packets.js'
import { novaStream } from './nova-stream.js'
import { relay } from './relay.js'
import { relayFanout } from './relay-fanout.js'
import { sessionRandom } from './session-random.js'
import { sessionText } from './session-text.js'
import { tunnel } from './tunnel.js'

const ALL: readonly Benchmark[] = [novaBulk, novaStream, novaPackets, novaLatency, novaLatencyBeside, novaConnect, sessionRandom, sessionText, relay, relayFanout, tunnel, idle, noiseHandshakes, noiseBulk, ctr, libp2pMuxer, memory]

const USAGE = `npm run bench [-- name…] [options]

${ALL.map(({ name, work }) => `  ${name.padEnd(20)} ${work}`).join('\n')}

  --runs N        counted rounds (5; 2 with --quick)
  --quick         as little work as shows that everything runs
  --json          results as JSON
  --write         puts the results into docs/benchmarks.md
  --only TEXT     only contenders whose name contains it; may be repeated
  --profile DIR   a CPU profile of each process
`

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false }
  }
})

async function main (): Promise<void> {
  const unknown = positionals.filter(name => !ALL.some(benchmark => benchmark.name === name))
  if (values.help || unknown.length > 0) {
    process.stdout.write(USAGE)
    process.exitCode = values.help ? 0 : 1
    return
  }
  const results: Result[] = []
  for (const benchmark of ALL.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
    const result = await run(benchmark, {
      quick: values.quick,
      runs: Number(values.runs ?? (values.quick ? 2 : 5)),
      profile: values.profile,
      only: values.only,
      onProgress: text => { process.stderr.write(`${text}\n`) }
    })
    results.push(result)
    if (!values.json) process.stdout.write(`\n${section(result)}\n`)
    // at once: a run of all of them is long
    if (values.write) writePage([result], ALL.map(({ name }) => name))
  }
  if (values.json) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`)
}

await main()
