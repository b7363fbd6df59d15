import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'

/** Milliseconds without a key after which nothing is on its way any more of what was typed before a question. */
const QUIET = 50
/** What Ctrl-C is in raw mode. */
const INTERRUPT = 3

/** Where answers come from; a terminal has a raw mode. */
export type Answers = Readable & { setRawMode?: (raw: boolean) => unknown }

/** Asks for a yes or no, one question after another. What was typed before a question stood there is no answer to it. */
export class Questions {
  readonly #input: Answers
  readonly #output: Writable
  readonly #interrupt: () => void
  #last: Promise<unknown> = Promise.resolve()

  /** @param interrupt - what Ctrl-C does while the terminal gives it as a key */
  constructor (input: Answers = process.stdin, output: Writable = process.stderr, interrupt: () => void = () => { process.kill(process.pid, 'SIGINT') }) {
    this.#input = input
    this.#output = output
    this.#interrupt = interrupt
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

  async #ask (text: string, signal: AbortSignal, before?: () => void): Promise<boolean> {
    if (signal.aborted) return false
    before?.()
    await this.#drop(signal)
    if (signal.aborted || !this.#input.readable) {
      this.#letGo()
      return false
    }
    return this.#answer(text, signal)
  }

  /** Drops what was typed so far, of which node and the terminal hold some: in raw mode the terminal gives a line that has no end yet, too. */
  async #drop (signal: AbortSignal): Promise<void> {
    const input = this.#input
    input.setRawMode?.(true)
    await new Promise<void>(resolve => {
      const over = (): void => {
        clearTimeout(quiet)
        signal.removeEventListener('abort', over)
        input.off('data', drop).off('close', over).off('end', over)
        resolve()
      }
      const quiet = setTimeout(over, QUIET)
      const drop = (typed: Uint8Array | string): void => {
        quiet.refresh()
        if (Buffer.from(typed as string).includes(INTERRUPT)) this.#interrupt()
      }
      signal.addEventListener('abort', over, { once: true })
      input.on('data', drop).on('close', over).on('end', over)
      // one that was paused stays so for a listener alone
      input.resume()
    })
  }

  #answer (text: string, signal: AbortSignal): Promise<boolean> {
    return new Promise(resolve => {
      const lines = createInterface({ input: this.#input, output: this.#output })
      const over = (yes: boolean): void => {
        signal.removeEventListener('abort', no)
        resolve(yes)
        lines.close()
        this.#letGo()
      }
      const no = (): void => { over(false) }
      signal.addEventListener('abort', no, { once: true })
      lines.on('close', no)
      // a terminal whose line is being edited gives Ctrl-C to who edits it
      lines.on('SIGINT', this.#interrupt)
      lines.question(text, answer => { over(/^y(es)?$/i.test(answer.trim())) })
    })
  }

  #letGo (): void {
    this.#input.setRawMode?.(false)
    this.#input.pause()
  }
}
