/** Runs one job: draws inputs, feeds the decoder, and holds it to the properties that docs/fuzzing.md lists. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { parentPort, workerData } from 'node:worker_threads'
import { watchAllocations } from './allocations.js'
import type { Job, Outcome } from './job.js'
import type { Target } from './target.js'

watchAllocations()
const job = workerData as Job
// decoders throw at every other input; what is replayed or shrunk shows where it came from
if (job.path === undefined) Error.stackTraceLimit = 0
setFlagsFromString('--expose-gc')
const gc = runInNewContext('gc') as () => void
// what the decoders are made of is loaded after that, so that its allocations are seen
const { Campaign } = await import('./campaign.js')
const module = await import(job.module) as Record<string, Target | readonly Target[]>
const target = Object.values(module).flat().find(({ name }) => name === job.target)
if (target === undefined) throw new Error(`no target ${job.target}`)
const outcome: Outcome = await new Campaign(target, job, gc).run()
parentPort?.postMessage(outcome)
