import type { Processes } from './processes.js'

/** What is measured of every contender. */
export interface Measure {
  /** The key of it in what a trial gives. */
  readonly name: string
  readonly unit: string
  readonly better: 'higher' | 'lower'
}

/** A ratio, or with `above` a difference, or without either a value, that a contender is to reach. */
export interface Aim {
  readonly measure: string
  readonly of: string
  readonly against?: string
  readonly above?: string
  readonly atLeast?: number
  readonly atMost?: number
}

/** What one repetition measured. */
export type Measured = Readonly<Record<string, number>>

/** How much work is done: all of it, or as little as shows that the benchmark runs. */
export interface Scale {
  readonly quick: boolean
}

/** One of those that do the same work. */
export interface Contender {
  readonly name: string
  /** Starts its processes. What comes back does the work once a call. */
  start(processes: Processes, scale: Scale): Promise<() => Promise<Measured>>
}

/** One claim: contenders that take turns at the same work, and what is to come of it. */
export interface Benchmark {
  readonly name: string
  readonly work: string
  readonly measures: readonly Measure[]
  readonly contenders: readonly Contender[]
  readonly aims: readonly Aim[]
}

/** The full amount, or the one that is enough to see it run. */
export function amount (scale: Scale, full: number, quick: number): number {
  return scale.quick ? quick : full
}
