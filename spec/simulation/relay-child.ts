import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { deferred, type Duplex } from '../../lib/stream/index.js'
import { dialTcp } from '../../lib/transport/tcp.js'
import { ROOT } from '../support/root.js'

/** Whose key the relay has, every time that it starts. */
export const RELAY_SEED: Uint8Array = new Uint8Array(32).fill(77)

/** A relay in a process of its own, one after another over the same folder. */
export class RelayChild {
  /** What the stores have reported. */
  readonly reports: string[] = []
  readonly #folder: string
  #child: ChildProcess | undefined
  #port = deferred<number>({ handled: true })

  constructor (folder: string) {
    this.#folder = folder
  }

  async start (): Promise<void> {
    const child = spawn(process.execPath, [join(ROOT, 'dist/spec/simulation/relay-process.js'), this.#folder], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    createInterface(child.stderr).on('line', line => { this.reports.push(line) })
    const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'close').then(() => { throw new Error(`the relay does not start: ${this.reports.join(', ')}`) })])
    this.#port.resolve(Number(line))
  }

  /** Ends it at once: nothing is finished, nothing is flushed. */
  async kill (): Promise<void> {
    const child = this.#child
    this.#port = deferred({ handled: true })
    this.#child = undefined
    if (child === undefined) return
    const closed = once(child, 'close')
    child.kill('SIGKILL')
    await closed
  }

  /** To the one that runs, or the next one. */
  readonly dial = async (): Promise<Duplex> => dialTcp({ port: await this.#port.promise })
}
