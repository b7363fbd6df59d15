import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** Asks for a yes or no, one question after another. */
export class Questions {
  readonly #input: Readable
  readonly #output: Writable
  #last: Promise<unknown> = Promise.resolve()

  constructor (input: Readable = process.stdin, output: Writable = process.stderr) {
    this.#input = input
    this.#output = output
  }

  /**
   * @param before - called when its turn has come, to show what is asked about
   * @returns false also when the signal aborts, or there is nobody to answer
   */
  async ask (text: string, signal: AbortSignal, before?: () => void): Promise<boolean> {
    const asked = this.#last.then(() => this.#ask(text, signal, before))
    this.#last = asked
    return asked
  }

  #ask (text: string, signal: AbortSignal, before?: () => void): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false)
    before?.()
    return new Promise(resolve => {
      const lines = createInterface({ input: this.#input, output: this.#output })
      const over = (yes: boolean): void => {
        signal.removeEventListener('abort', no)
        resolve(yes)
        lines.close()
      }
      const no = (): void => { over(false) }
      signal.addEventListener('abort', no, { once: true })
      lines.on('close', no)
      // a terminal whose line is being edited gives Ctrl-C to who edits it
      lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
      lines.question(text, answer => { over(/^y(es)?$/i.test(answer.trim())) })
    })
  }
}
