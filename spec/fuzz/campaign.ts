import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { crypto } from '../../lib/crypto/index.js'
import { HushwireError, type MaybePromise } from '../../lib/stream/index.js'
import { zlib } from '../../lib/zlib/index.js'
import { allocations } from './allocations.js'
import { CORPUS, inputOf, samples, type Input, type Sample } from './input.js'
import { Place, type Clean, type Finding, type Job, type Outcome } from './job.js'
import { Random } from './random.js'
import { repeatable } from './repeatable.js'
import { Violation, type Target } from './target.js'

/** Inputs of one seed; a longer run goes on with the next seed, so that valid encodings are made anew. */
const BATCH = 100_000
/** Inputs between two looks at memory. */
const LOOK = 1000
/** Inputs between two collections. */
const COLLECT = 20_000
/** Bytes that may be in use after a collection above those of the beginning: what the harness remembers is among them. */
const KEPT = 16_777_216
/** Calls that the stack of an error shows once something is found. */
const TRACED = 10
/** Milliseconds for an input where one is known to hang, and for finding a shorter one that does. */
const PATIENCE = 500
const SHRINKING = 8000

/** Many inputs for one target. */
export class Campaign {
  readonly #target: Target
  readonly #job: Job
  readonly #gc: () => void
  readonly #place: Place
  readonly #rejections: unknown[] = []
  readonly #seen = new Map<string, number>()
  #corpus: Uint8Array[] = []
  #seed = 0
  #run = 0
  #inputs = 0
  #accepted = 0
  #ignored = 0
  #largest = 0
  #base = 0
  #peak = 0

  constructor (target: Target, job: Job, gc: () => void) {
    this.#target = target
    this.#job = job
    this.#gc = gc
    this.#place = new Place(job.shared)
    const wanted = job.backends === 'native' ? 'node' : 'portable'
    if (crypto.backend !== wanted || zlib.backend !== wanted) throw new Error(`the backends are ${crypto.backend} and ${zlib.backend}`)
    process.on('unhandledRejection', reason => { this.#rejections.push(reason) })
  }

  async run (): Promise<Outcome> {
    const { runs, seed, seconds, path } = this.#job
    const start = performance.now()
    const over = (): boolean => seconds === undefined ? this.#inputs >= runs : performance.now() - start >= seconds * 1000
    for (let batch = 0; batch === 0 || !over(); batch++) {
      const left = seconds === undefined ? Math.min(BATCH, runs - this.#inputs) : BATCH
      const found = await this.#batch((seed + batch) | 0, left, path)
      if (found !== undefined) return { found }
      if (path !== undefined) break
    }
    return { clean: this.#clean((performance.now() - start) / 1000) }
  }

  async #batch (seed: number, numRuns: number, path: string | undefined): Promise<Finding | undefined> {
    this.#seed = seed
    this.#run = path === undefined ? -1 : Number(path.split(':')[0]) - 1
    await this.#prepare()
    const property = fc.asyncProperty(samples, sample => this.#try(sample))
    const details = await fc.check(property, { seed, numRuns, ...path === undefined ? {} : { path } })
    if (!details.failed) return this.#keeps()
    const [sample] = details.counterexample ?? []
    if (sample === undefined) throw details.errorInstance
    const { errorInstance: error } = details
    return {
      why: error instanceof Violation ? error.message : String(error instanceof Error ? error.stack : error),
      hex: Buffer.from(inputOf(sample, this.#corpus, this.#target.edges).bytes).toString('hex'),
      cuts: sample.cuts,
      seed,
      path: details.counterexamplePath ?? ''
    }
  }

  async #prepare (): Promise<void> {
    this.#corpus = []
    for (let index = 0; index < CORPUS; index++) {
      repeatable.prepare()
      this.#corpus.push(await this.#target.valid(new Random(this.#seed * CORPUS + index)))
    }
    // shrinking goes to the first
    this.#corpus.sort((a, b) => a.byteLength - b.byteLength)
    if (this.#base === 0) this.#base = await this.#collected()
  }

  async #try (sample: Sample): Promise<void> {
    if (this.#job.patient && performance.now() > SHRINKING) return
    const input = inputOf(sample, this.#corpus, this.#target.edges)
    this.#place.at(this.#seed, ++this.#run, input.bytes)
    const before = new Uint8Array(input.bytes)
    repeatable.begin(this.#target.exact === true)
    this.#count(await this.#outcome(input))
    await turn()
    if (this.#rejections.length > 0) throw new Violation(`a rejection that nobody held: ${String(this.#rejections.splice(0)[0])}`)
    if (Buffer.compare(before, input.bytes) !== 0) throw new Violation('it wrote into its input')
    this.#measure(input.bytes.byteLength)
    if (this.#inputs % COLLECT === 0) await this.#collected()
  }

  /** The code that the decoder raised, or whether it took the input. */
  async #outcome (input: Input): Promise<string | boolean> {
    allocations.start()
    try {
      return await (this.#job.patient ? inTime(this.#target.decode(input)) : this.#target.decode(input)) ?? true
    } catch (error) {
      if (error instanceof Violation) throw error
      if (error instanceof HushwireError && this.#target.codes.includes(error.code)) return error.code
      Error.stackTraceLimit = TRACED
      if (!(error instanceof HushwireError)) throw new Violation(`not an error of ours: ${error instanceof Error ? error.stack ?? error.message : String(error)}`)
      throw new Violation(`${error.code}, which is not one of its codes: ${error.stack ?? ''}`)
    } finally {
      allocations.stop()
    }
  }

  #count (outcome: string | boolean): void {
    this.#inputs++
    if (outcome === true) this.#accepted++
    else if (outcome === false) this.#ignored++
    else this.#seen.set(outcome, (this.#seen.get(outcome) ?? 0) + 1)
  }

  #measure (bytes: number): void {
    const { largest, total } = this.#target
    const most = total?.(bytes) ?? 65_536 + 64 * bytes
    if (allocations.largest > largest(bytes)) throw new Violation(`allocated ${allocations.largest} bytes at once for ${bytes} bytes, ${largest(bytes)} are allowed`)
    if (allocations.total > most) throw new Violation(`allocated ${allocations.total} bytes in all for ${bytes} bytes, ${most} are allowed`)
    this.#largest = Math.max(this.#largest, allocations.largest)
    if (this.#inputs % LOOK === 0) this.#peak = Math.max(this.#peak, inUse() - this.#base)
  }

  async #keeps (): Promise<Finding | undefined> {
    const kept = await this.#collected() - this.#base
    if (kept <= KEPT) return undefined
    return { why: `${kept} bytes more than at the beginning are in use after a collection`, hex: '', cuts: [], seed: this.#seed, path: '' }
  }

  async #collected (): Promise<number> {
    for (let again = 0; again < 2; again++) {
      this.#gc()
      await turn()
    }
    return inUse()
  }

  #clean (seconds: number): Clean {
    const { first, codes } = this.#target
    const refused = first.reduce((sum, code) => sum + (this.#seen.get(code) ?? 0), this.#ignored)
    return {
      inputs: this.#inputs,
      seconds,
      past: this.#inputs - refused,
      accepted: this.#accepted,
      unseen: codes.filter(code => !this.#seen.has(code)),
      largest: this.#largest,
      peak: this.#peak
    }
  }
}

function inUse (): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

async function inTime<T> (decoding: MaybePromise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => { reject(new Violation('it does not settle')) }, PATIENCE)
  })
  try {
    return await Promise.race([decoding, late])
  } finally {
    clearTimeout(timer)
  }
}
