import { fork, type ChildProcess } from 'node:child_process'
import { Channel, deferred } from '../../stream/index.js'
import { demoError } from './errors.js'
import type { Order, ProcessName, Report } from './orders.js'

/** What a process failed with. */
export interface ProcessFailure {
  /** `demo` is the one that started the others. */
  readonly process: ProcessName | 'demo'
  readonly code: string
  readonly message: string
}

/** One process of the demonstration, seen from the one that started it. */
export class Child {
  readonly name: ProcessName
  /** Resolves when it has exited. */
  readonly exited: Promise<void>
  readonly #process: ChildProcess
  readonly #reports = new Channel<Report>({ sizeOf: () => 0, maxItems: 65_536 })
  readonly #exited = deferred()
  #failure: ProcessFailure | undefined
  #ended = false
  onProgress: (bytes: number) => void = () => {}
  onFailure: (failure: ProcessFailure) => void = () => {}

  constructor (name: ProcessName, module: URL) {
    this.name = name
    this.exited = this.#exited.promise
    this.#process = fork(module, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    this.#process.on('message', (report: Report) => { this.#take(report) })
    this.#process.on('error', error => { this.#failed('ERR_DEMO_PROCESS', error.message) })
    this.#process.on('exit', (code, signal) => {
      const { message } = demoError('ERR_DEMO_PROCESS', signal ?? `exit code ${code}`)
      if (!this.#ended || code !== 0) this.#failed('ERR_DEMO_PROCESS', message)
      this.#exited.resolve()
    })
  }

  get pid (): number { return this.#process.pid ?? 0 }
  /** Why it failed, if it did; killed is failed. */
  get failure (): ProcessFailure | undefined { return this.#failure }

  order (order: Order): void {
    if (this.#process.connected) this.#process.send(order, () => {})
  }

  /** The next report, which must be of this type. @throws ERR_DEMO_PROCESS when the process has failed */
  async next<T extends Report['type']> (type: T): Promise<Extract<Report, { type: T }>> {
    const next = await this.#reports.next()
    if (next.done === true) throw demoError('ERR_DEMO_PROCESS', this.name)
    if (next.value.type !== type) throw demoError('ERR_DEMO_PROCESS', `${this.name} said ${next.value.type} instead of ${type}`)
    return next.value as Extract<Report, { type: T }>
  }

  /** For a process that does not end by itself. */
  kill (): void {
    this.#process.kill('SIGKILL')
  }

  #take (report: Report): void {
    if (report.type === 'progress') {
      this.onProgress(report.bytes)
    } else if (report.type === 'failed') {
      this.#failed(report.code, report.message)
    } else if (this.#reports.open) {
      if (report.type === 'ended') this.#ended = true
      void this.#reports.push(report)
    }
  }

  #failed (code: string, message: string): void {
    if (this.#failure !== undefined) return
    this.#failure = { process: this.name, code, message }
    this.#reports.fail(demoError('ERR_DEMO_PROCESS', `${this.name}: ${message}`))
    this.onFailure(this.#failure)
  }
}
