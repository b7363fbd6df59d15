import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { ignore } from '../../stream/index.js'

/** For how long what is typed is no answer yet, in milliseconds. */
export const QUESTION_TIMES = {
  /** Without a key, after which nothing is on its way any more of what was typed before a question. */
  quiet: 50,
  /** After which a question stands there though keys come without a pause, such as one that is held down. */
  most: 1000,
  /** After a question was taken back: keys may be meant for that one. */
  takenBack: 1500
}
/** What Ctrl-C is in raw mode. */
const INTERRUPT = 3

/** Where answers come from; a terminal has a raw mode. */
export type Answers = Readable & { setRawMode?: (raw: boolean) => unknown }

/** Asks for a yes or no, one question after another. What was typed before a question stood there is no answer to it. */
export class Questions {
  readonly #input: Answers
  readonly #output: Writable
  readonly #interrupt: () => void
  readonly #times: typeof QUESTION_TIMES
  #last: Promise<unknown> = Promise.resolve()
  /** Whether the last question went without an answer. */
  #takenBack = false

  /** @param interrupt - what Ctrl-C does while the terminal gives it as a key */
  constructor (input: Answers = process.stdin, output: Writable = process.stderr, interrupt: () => void = () => { process.kill(process.pid, 'SIGINT') }, times = QUESTION_TIMES) {
    this.#input = input
    this.#output = output
    this.#interrupt = interrupt
    this.#times = times
  }

  /**
   * @param before - called when its turn has come, to show what is asked about
   * @returns false also when the signal aborts, or there is nobody to answer
   * @throws what the terminal does that cannot be put into raw mode (as a rejection)
   */
  async ask (text: string, signal: AbortSignal, before?: () => void): Promise<boolean> {
    const asked = this.#last.then(() => this.#ask(text, signal, before))
    // what one fails with is no other's
    this.#last = asked.catch(ignore)
    return asked
  }

  async #ask (text: string, signal: AbortSignal, before?: () => void): Promise<boolean> {
    if (signal.aborted) return false
    before?.()
    const least = this.#takenBack ? this.#times.takenBack : 0
    this.#takenBack = false
    try {
      await this.#drop(signal, least)
      if (signal.aborted) this.#takeBack()
      return !signal.aborted && this.#input.readable && await this.#answer(text, signal)
    } finally {
      this.#letGo()
    }
  }

  /** Said, so that nobody answers the next one in its place; on a line of its own. */
  #takeBack (): void {
    this.#takenBack = true
    this.#output.write('\nThat question was taken back.\n')
  }

  /** Drops what was typed so far, and what is typed in the next `least` milliseconds, of which node and the terminal hold some: in raw mode the terminal gives a line that has no end yet, too. */
  async #drop (signal: AbortSignal, least: number): Promise<void> {
    const input = this.#input
    const { quiet: pause, most } = this.#times
    input.setRawMode?.(true)
    await new Promise<void>(resolve => {
      const over = (): void => {
        clearTimeout(quiet)
        clearTimeout(late)
        signal.removeEventListener('abort', over)
        input.off('data', drop).off('close', over).off('end', over)
        resolve()
      }
      let quiet = setTimeout(over, Math.max(pause, least))
      const late = setTimeout(over, least + most)
      const since = performance.now()
      const drop = (typed: Uint8Array | string): void => {
        clearTimeout(quiet)
        quiet = setTimeout(over, Math.max(pause, since + least - performance.now()))
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
        signal.removeEventListener('abort', takenBack)
        resolve(yes)
        lines.close()
      }
      const no = (): void => { over(false) }
      const takenBack = (): void => {
        no()
        this.#takeBack()
      }
      signal.addEventListener('abort', takenBack, { once: true })
      lines.on('close', no)
      // a terminal whose line is being edited gives Ctrl-C to who edits it
      lines.on('SIGINT', this.#interrupt)
      lines.question(text, answer => { over(/^y(es)?$/i.test(answer.trim())) })
    })
  }

  #letGo (): void {
    this.#input.pause()
    try {
      this.#input.setRawMode?.(false)
    } catch {
      // a terminal that is gone has no mode to be put back
    }
  }
}
