import { Worker } from 'node:worker_threads'
import { Place, WORKERS, type Clean, type Finding, type Job, type Outcome } from './job.js'

/** A job as it is ordered. */
export interface Order extends Omit<Job, 'shared' | 'patient'> {
  /** Milliseconds after which an input hangs. Default 15,000. */
  readonly hangs?: number
}

/** Milliseconds after which an input hangs, and until which valid encodings ought to be made. */
const HANGS = 15_000
const STARTS = 120_000
/** Milliseconds between two looks of the watchdog. */
const WATCH = 500
/** MiB of heap that a worker may have. */
const HEAP = 512

/** Runs all orders, as many at a time as there are cores, and writes a line for each. Time that is ordered is shared among all. */
export async function run (orders: readonly Order[], write: (line: string) => void = console.log): Promise<{ passed: number, failed: number }> {
  const queue = [...orders]
  let failed = 0
  const work = async (): Promise<void> => {
    for (let order = queue.shift(); order !== undefined; order = queue.shift()) {
      const seconds = order.seconds === undefined ? undefined : order.seconds * Math.min(WORKERS, orders.length) / orders.length
      const outcome = await one({ ...order, seconds })
      if ('found' in outcome) failed++
      write('found' in outcome ? finding(order, outcome.found) : line(order, outcome.clean))
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, work))
  return { passed: orders.length - failed, failed }
}

/** One job. An input that hangs is tried once more with a clock beside it, which can shrink what merely never settles. */
export async function one (order: Order): Promise<Outcome> {
  const outcome = await attempt(order, false)
  if (!('hung' in outcome)) return outcome
  const { seed, path } = outcome.hung
  const again = path === '' ? outcome : await attempt({ ...order, seed, path, seconds: undefined }, true)
  return 'found' in again ? again : { found: outcome.hung }
}

function attempt (order: Order, patient: boolean): Promise<Outcome | { hung: Finding }> {
  const shared = Place.memory()
  const place = new Place(shared)
  const { hangs = HANGS, ...job } = order
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: { ...job, shared, patient } satisfies Job,
    execArgv: order.backends === 'portable' ? ['--conditions=hushwire-portable'] : [],
    // the suite itself may run on the portable backends; what the order says is what counts
    env: { ...process.env, NODE_OPTIONS: '' },
    resourceLimits: { maxOldGenerationSizeMb: HEAP }
  })
  const hung = (why: string): { hung: Finding } => ({
    hung: { why, hex: Buffer.from(place.input).toString('hex'), cuts: [], seed: place.seed, path: place.inputs === 0 ? '' : String(place.run) }
  })
  return new Promise(resolve => {
    let inputs = 0
    let since = performance.now()
    const watchdog = setInterval(() => {
      if (place.inputs !== inputs) since = performance.now()
      inputs = place.inputs
      if (performance.now() - since < (inputs === 0 ? STARTS : hangs)) return
      settle(hung(inputs === 0 ? 'no input after two minutes' : 'it hangs'))
    }, WATCH)
    const settle = (outcome: Outcome | { hung: Finding }): void => {
      clearInterval(watchdog)
      resolve(outcome)
      void worker.terminate()
    }
    worker.on('message', (outcome: Outcome) => { settle(outcome) })
    worker.on('error', error => { settle(hung(`the worker ended: ${error instanceof Error ? error.stack ?? error.message : String(error)}`)) })
    // a promise that nobody can settle any more keeps no worker alive
    worker.on('exit', () => { settle(hung('it does not settle')) })
  })
}

function line ({ target, backends }: Order, { inputs, seconds, past, accepted, unseen, largest, peak }: Clean): string {
  const share = (part: number): string => `${(part / inputs * 100).toFixed(1)} %`
  const codes = unseen.length === 0 ? '' : `, never ${unseen.join(' ')}`
  return `${name(target, backends)}: ${inputs} inputs, ${Math.round(inputs / seconds)}/s, ${share(past)} past the first check, ${share(accepted)} accepted, `
    + `largest allocation ${bytes(largest)}, peak ${bytes(peak)}${codes}`
}

function finding ({ target, backends }: Order, { why, hex, cuts, seed, path }: Finding): string {
  const replay = path === '' ? '' : ` --path ${path}`
  return `FAILED ${name(target, backends)}: ${why}\n  input ${hex}\n  cuts ${cuts.join() || 'none'}\n  replay: npm run fuzz -- --target ${target} --backend ${backends} --seed ${seed}${replay}`
}

function name (target: string, backends: string): string {
  return `${target} (${backends})`
}

function bytes (count: number): string {
  if (count < 1024) return `${Math.max(0, count)} B`
  return count < 1_048_576 ? `${Math.ceil(count / 1024)} KiB` : `${(count / 1_048_576).toFixed(1)} MiB`
}
