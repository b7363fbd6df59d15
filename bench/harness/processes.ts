import { fork, type ChildProcess } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** What a process of a benchmark can be asked; arguments and answers are cloned on their way. */
export type Remote<Actor> = {
  [Name in keyof Actor]: Actor[Name] extends (...rest: infer Arguments) => Promise<infer Answer> ? (...rest: Arguments) => Promise<Answer> : never
} & {
  /** Seconds of processor time that the process has used so far. */
  cpu(): Promise<number>
  /** Bytes of memory (RSS) that it holds, and the most that it has held. */
  memory(): Promise<{ now: number, peak: number }>
}

/** A question to a process, and its answer. */
export interface Question { readonly id: number, readonly name: string, readonly rest: readonly unknown[] }
export interface Answer { readonly id: number, readonly value?: unknown, readonly error?: string }

/** Which function of which module makes the actor of a process, and with what. */
export interface ActorPlan { readonly module: string, readonly make: string, readonly options: unknown }

const BENCH = resolve(import.meta.dirname, '..')

/** The processes of one contender. */
export class Processes {
  readonly #label: string
  readonly #profile: string | undefined
  readonly #children: ChildProcess[] = []

  /** @param profile - a folder for a CPU profile of each process */
  constructor (label: string, profile?: string) {
    this.#label = label
    this.#profile = profile
  }

  /**
   * Starts a process whose actor is made by the exported function `make` of a module of bench/.
   *
   * @param module - its path in bench/, as compiled
   * @param where - `core`: the cores that it may run on, as `taskset -c` takes them; on Linux alone, elsewhere it runs anywhere
   */
  async spawn<Actor> (module: string, make: string, options: unknown = {}, where: { readonly core?: string } = {}): Promise<Remote<Actor>> {
    const nodeArguments = [...process.execArgv, ...this.#profileArguments(make)]
    const pinned = where.core !== undefined && process.platform === 'linux'
    const child = fork(join(BENCH, 'harness/actor.js'), [], {
      // all threads of the process stay there, those of V8 and libuv among them
      ...pinned ? { execPath: 'taskset', execArgv: ['-c', where.core ?? '', process.execPath, ...nodeArguments] } : { execArgv: nodeArguments },
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
    this.#children.push(child)
    const calls = new Calls(child, `${this.#label}: ${make}`)
    const plan: ActorPlan = { module: resolve(BENCH, module), make, options }
    await calls.ask('make', [plan])
    return new Proxy({}, { get: (_, name) => name === 'then' ? undefined : (...rest: unknown[]) => calls.ask(String(name), rest) }) as Remote<Actor>
  }

  /** Ends all of them. */
  async stop (): Promise<void> {
    await Promise.all(this.#children.map(child => new Promise<void>(resolve => {
      if (child.exitCode !== null || child.signalCode !== null) { resolve(); return }
      child.once('exit', () => { resolve() })
      child.disconnect()
    })))
  }

  #profileArguments (make: string): string[] {
    if (this.#profile === undefined) return []
    const folder = join(this.#profile, `${this.#label} ${make}`.replaceAll(/[^a-z0-9]+/gi, '-'))
    mkdirSync(folder, { recursive: true })
    return ['--cpu-prof', `--cpu-prof-dir=${folder}`]
  }
}

/** Questions to one process that wait for their answers. */
class Calls {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve(value: unknown): void, reject(error: Error): void }>()
  #gone: Error | undefined
  #next = 0

  constructor (child: ChildProcess, label: string) {
    this.#child = child
    child.on('message', (answer: Answer) => {
      const call = this.#waiting.get(answer.id)
      this.#waiting.delete(answer.id)
      if (answer.error === undefined) call?.resolve(answer.value)
      else call?.reject(new Error(`${label}: ${answer.error}`))
    })
    child.once('exit', code => {
      this.#gone = new Error(`${label}: the process has ended with ${code ?? 'a signal'}`)
      for (const call of this.#waiting.values()) call.reject(this.#gone)
      this.#waiting.clear()
    })
  }

  ask (name: string, rest: readonly unknown[]): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone)
    const question: Question = { id: this.#next++, name, rest }
    return new Promise((resolve, reject) => {
      this.#waiting.set(question.id, { resolve, reject })
      this.#child.send(question)
    })
  }
}
