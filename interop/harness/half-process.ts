import { fork, type ChildProcess } from 'node:child_process'
import { resolve } from 'node:path'
import type { Answer, Order } from './half.js'

/** Which backends our side runs on. */
export type Backends = 'native' | 'portable'

/** Milliseconds that our side has beyond a case's own time before it counts as hung. */
const GRACE = 10_000

/** The process of our side on one kind of backends; started again when a case has hung it. */
export class HalfProcess {
  readonly #backends: Backends
  #child: ChildProcess | undefined

  constructor (backends: Backends) {
    this.#backends = backends
  }

  /** Runs one case. Never rejects. */
  run (order: Order, timeout: number): Promise<Answer> {
    const child = this.#child ??= this.#start()
    const begin = performance.now()
    return new Promise(resolve => {
      const done = (answer: Answer): void => {
        clearTimeout(timer)
        child.off('message', done)
        child.off('exit', onExit)
        resolve(answer)
      }
      const fail = (error: string): void => {
        this.#child = undefined
        done({ error, milliseconds: Math.round(performance.now() - begin) })
      }
      const onExit = (code: number | null, killedBy: string | null): void => { fail(`our side ended with ${code ?? killedBy ?? 'nothing'}`) }
      const timer = setTimeout(() => {
        child.kill('SIGKILL')
        fail('our side does not answer')
      }, timeout + GRACE)
      child.on('message', done)
      child.on('exit', onExit)
      child.send(order)
    })
  }

  /** Lets the process go and waits for its end. */
  async stop (): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    await new Promise<void>(resolve => {
      child.once('exit', () => { resolve() })
      child.disconnect()
    })
  }

  #start (): ChildProcess {
    const child = fork(resolve(import.meta.dirname, 'half.js'), [], {
      execArgv: [...process.execArgv, ...(this.#backends === 'portable' ? ['--conditions=hushwire-portable'] : [])],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // a Ctrl-C of the terminal is ours to handle: we let the half go, and it ends its peers
      detached: true
    })
    return child
  }
}
