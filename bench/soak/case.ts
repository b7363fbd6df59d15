import { Processes, type Remote } from '../harness/processes.js'
import type { SoakRelay, SoakRelayOptions } from './actors/relay.js'

/** How long a case runs and how large it is; each case has its own defaults. */
export interface Scale {
  readonly seconds?: number | undefined
  readonly size?: number | undefined
}

/** What was seen of a case. */
export interface Seen {
  readonly name: string
  readonly figures: Readonly<Record<string, number | string>>
  /** Expectations that did not hold. */
  readonly broken: readonly string[]
}

/** One case of abuse or fault, at a size that shows what lasts. */
export interface SoakCase {
  readonly name: string
  /** Its number in the list of faults and abuse. */
  readonly number: number
  readonly what: string
  run(scale: Scale, watch: Watch): Promise<void>
}

/** What a case starts, and what it sees. */
export class Watch {
  readonly #processes: Processes
  readonly #figures: Record<string, number | string> = {}
  readonly #broken: string[] = []
  readonly #ends: Array<() => unknown> = []

  constructor (name: string) {
    this.#processes = new Processes(name)
  }

  /** Starts a relay in a process of its own. */
  relay (options: SoakRelayOptions = {}): Promise<Remote<SoakRelay>> {
    return this.spawn<SoakRelay>('soak/actors/relay.js', 'relay', options)
  }

  spawn<Actor> (module: string, make: string, options: unknown): Promise<Remote<Actor>> {
    return this.#processes.spawn<Actor>(module, make, options)
  }

  /** Something to be ended with the case. */
  ending (end: () => unknown): void {
    this.#ends.push(end)
  }

  figure (name: string, value: number | string): void {
    this.#figures[name] = typeof value === 'number' ? Number(value.toFixed(value < 10 ? 2 : 1)) : value
  }

  expect (holds: boolean, text: string): void {
    if (!holds) this.#broken.push(text)
  }

  async stop (): Promise<void> {
    for (const end of this.#ends) await end()
    await this.#processes.stop()
  }

  seen (name: string): Seen {
    return { name, figures: this.#figures, broken: this.#broken }
  }
}

/** Runs a case; what it throws is an expectation that did not hold. */
export async function runCase (soak: SoakCase, scale: Scale): Promise<Seen> {
  const watch = new Watch(soak.name)
  try {
    await soak.run(scale, watch)
  } catch (error) {
    watch.expect(false, error instanceof Error ? error.stack ?? error.message : String(error))
  } finally {
    await watch.stop()
  }
  return watch.seen(soak.name)
}
