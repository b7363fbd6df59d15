import type { Aim, Benchmark, Contender, Measured, Scale } from './benchmark.js'
import { Processes } from './processes.js'
import { spread, type Spread } from './statistics.js'

/** How benchmarks are run. */
export interface RunOptions extends Scale {
  /** Counted repetitions of each contender, after one that is not. */
  readonly runs: number
  /** A folder for CPU profiles of all processes. */
  readonly profile?: string | undefined
  /** Only these contenders. */
  readonly only?: readonly string[] | undefined
  /** Told what is going on. */
  readonly onProgress: (text: string) => void
}

/** What came of an aim. Where it is against another, the ratios are taken within each round. */
export interface AimResult extends Aim {
  readonly value: Spread
  readonly reached: boolean
}

/** What came of a benchmark. */
export interface Result {
  readonly name: string
  readonly work: string
  readonly runs: number
  readonly quick: boolean
  readonly measures: Benchmark['measures']
  readonly contenders: ReadonlyArray<{ readonly name: string, readonly values: Readonly<Record<string, Spread>> }>
  readonly aims: readonly AimResult[]
}

interface Turn {
  readonly contender: Contender
  readonly trial: () => Promise<Measured>
  readonly rounds: Measured[]
}

/** Lets the contenders take turns, A B A B, all of them up from the beginning to the end. */
export async function run (benchmark: Benchmark, options: RunOptions): Promise<Result> {
  const contenders = benchmark.contenders.filter(({ name }) => options.only === undefined || options.only.some(part => name.includes(part)))
  const started: Processes[] = []
  const turns: Turn[] = []
  try {
    for (const contender of contenders) {
      const processes = new Processes(`${benchmark.name} ${contender.name}`, options.profile)
      started.push(processes)
      turns.push({ contender, trial: await contender.start(processes, options), rounds: [] })
    }
    for (let round = 0; round <= options.runs; round++) {
      for (const { contender, trial, rounds } of turns) {
        const measured = await trial()
        options.onProgress(`${benchmark.name}, ${round === 0 ? 'warming up' : `${round} of ${options.runs}`}, ${contender.name}: ${inWords(measured)}`)
        if (round > 0) rounds.push(measured)
      }
    }
  } finally {
    await Promise.all(started.map(processes => processes.stop()))
  }
  return resultOf(benchmark, turns, options)
}

function resultOf (benchmark: Benchmark, turns: readonly Turn[], options: RunOptions): Result {
  const { name, work, measures } = benchmark
  const contenders = turns.map(({ contender, rounds }) => ({
    name: contender.name,
    values: Object.fromEntries(Object.keys(rounds[0] ?? {}).map(key => [key, spread(rounds.map(round => round[key] ?? NaN))]))
  }))
  const aims = benchmark.aims.flatMap(aim => {
    const value = valueOf(aim, turns)
    if (value === undefined) return []
    return [{ ...aim, value, reached: value.median >= (aim.atLeast ?? -Infinity) && value.median <= (aim.atMost ?? Infinity) }]
  })
  return { name, work, runs: options.runs, quick: options.quick, measures, contenders, aims }
}

function valueOf (aim: Aim, turns: readonly Turn[]): Spread | undefined {
  const samples = (name: string): number[] | undefined => turns.find(turn => turn.contender.name === name)?.rounds.map(round => round[aim.measure] ?? NaN)
  const own = samples(aim.of)
  if (own === undefined) return undefined
  const other = aim.against ?? aim.above
  if (other === undefined) return spread(own)
  const others = samples(other)
  if (others === undefined) return undefined
  return spread(own.map((value, round) => aim.above === undefined ? value / (others[round] ?? NaN) : value - (others[round] ?? NaN)))
}

function inWords (measured: Measured): string {
  return Object.entries(measured).map(([name, value]) => `${name} ${Number(value.toPrecision(3))}`).join(', ')
}
