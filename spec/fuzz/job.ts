/** What the runner asks of a worker, and what it hears of it. */
import { availableParallelism } from 'node:os'

export type Backends = 'native' | 'portable'

/** One target on one backend. */
export interface Job {
  /** URL of the module whose exports the target is among. */
  readonly module: string
  readonly target: string
  readonly backends: Backends
  readonly runs: number
  readonly seed: number
  /** Seconds to go on for, whatever `runs` says. */
  readonly seconds: number | undefined
  /** Replays one input of the seed, and goes on to shrink it. */
  readonly path: string | undefined
  /** Gives up on an input that has not settled in a while: for one that is known to hang. */
  readonly patient: boolean
  /** Where the worker says what it is at, readable while it hangs. */
  readonly shared: SharedArrayBuffer
}

/** A run that found nothing. */
export interface Clean {
  readonly inputs: number
  readonly seconds: number
  /** Inputs that the first check let through. */
  readonly past: number
  /** Inputs that were taken as they were. */
  readonly accepted: number
  /** Codes that no input has brought about. */
  readonly unseen: readonly string[]
  /** The largest single allocation for an input, in bytes. */
  readonly largest: number
  /** The most memory in use above that of the beginning, in bytes, looked at every 1,000 inputs. */
  readonly peak: number
}

/** What was found. */
export interface Finding {
  readonly why: string
  readonly hex: string
  readonly cuts: readonly number[]
  readonly seed: number
  readonly path: string
}

export type Outcome = { readonly clean: Clean } | { readonly found: Finding }

/** The longest input that is shown while its decoder hangs. */
const SHOWN = 1_048_576
const WORDS = 4

/** The input that a worker is at, in memory that the runner sees as well. */
export class Place {
  readonly #words: Int32Array
  readonly #bytes: Uint8Array

  constructor (shared: SharedArrayBuffer) {
    this.#words = new Int32Array(shared, 0, WORDS)
    this.#bytes = new Uint8Array(shared, WORDS * 4)
  }

  static memory (): SharedArrayBuffer { return new SharedArrayBuffer(WORDS * 4 + SHOWN) }

  /** The next input begins. */
  at (seed: number, run: number, input: Uint8Array): void {
    const shown = input.byteLength > SHOWN ? input.subarray(0, SHOWN) : input
    this.#bytes.set(shown)
    this.#words[0] = seed
    this.#words[1] = run
    this.#words[2] = shown.byteLength
    Atomics.add(this.#words, 3, 1)
  }

  get seed (): number { return this.#words[0] as number }
  /** Index of the input in the run of this seed, which is its path as long as nothing was shrunk. */
  get run (): number { return this.#words[1] as number }
  /** Goes up with every input. */
  get inputs (): number { return Atomics.load(this.#words, 3) }
  get input (): Uint8Array { return new Uint8Array(this.#bytes.subarray(0, this.#words[2])) }
}

/** Workers at a time. */
export const WORKERS = Math.max(1, Math.min(8, availableParallelism()))
