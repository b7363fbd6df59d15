import { styleText } from 'node:util'
import { MultiBar } from 'cli-progress'
import { sentence } from '../errors.js'
import { failureOf } from './failure.js'
import { cut, plainLine } from './plain-text.js'
import { Situation } from './situation.js'

/** How a command tells what it does. */
export interface OutputOptions {
  /** Such as `chat`. */
  readonly command: string
  readonly json?: boolean | undefined
  readonly quiet?: boolean | undefined
  readonly color?: 'auto' | 'always' | 'never' | undefined
  /** Of `--profile`. */
  readonly profile?: string | undefined
}

/** Of a stream of the process, what is needed. */
export interface OutputStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

/** A bar of something that goes on. */
export interface Progress {
  /**
   * How much is done, in the unit of its total.
   *
   * @param label - in place of the name; cleaned here
   * @param tail - what stands behind, in place of the time that is left
   */
  update(done: number, label?: string, tail?: string): void
  /** Takes it away. */
  stop(): void
}

/** Styles of a text. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan'

/** A line of progress for programs is at most so often, in milliseconds. */
const PROGRESS_INTERVAL = 500
/** What JSON leaves as it is, and a terminal obeys. */
const OBEYED = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
const ERASE_LINE = '\r\u001b[2K'

/**
 * What a command tells: results on stdout, what goes on on stderr. With `--json` everything is one object a line on stdout.
 * Texts of others must have gone through {@link plainLine} before they come here.
 */
export class Output {
  readonly json: boolean
  /** What the advice of a failure depends on. */
  readonly situation: Situation
  readonly #quiet: boolean
  readonly #command: string
  readonly #color: boolean
  readonly #out: OutputStream
  readonly #err: OutputStream
  #status = ''
  #bars: MultiBar | undefined
  #alive = 0
  #through: ((text: string) => void) | undefined

  constructor ({ command, json = false, quiet = false, color = 'auto', profile }: OutputOptions, out: OutputStream = process.stdout, err: OutputStream = process.stderr) {
    this.json = json
    this.situation = new Situation(profile)
    this.#quiet = quiet
    this.#command = command
    this.#out = out
    this.#err = err
    this.#color = color === 'auto' ? out.isTTY === true && err.isTTY === true && (process.env['NO_COLOR'] ?? '') === '' : color === 'always'
  }

  /** True when somebody sees lines that are written anew. */
  get interactive (): boolean { return !this.json && !this.#quiet && this.#err.isTTY === true }

  /** A result, for people; programs get an {@link Output.event}. */
  line (text: string): void {
    if (!this.json) this.#write(this.#out, text)
  }

  /** What goes on, for people who have not asked for quiet. */
  note (text: string): void {
    if (!this.json && !this.#quiet) this.#write(this.#err, text)
  }

  /** One object a line, for programs: `event` and fields in camelCase; bytes and bigints are to be texts already. */
  event (event: string, fields: object = {}): void {
    if (this.json) this.#out.write(`${escaped(JSON.stringify({ event, ...fields }))}\n`)
  }

  /** What the user should know, though the command goes on. */
  warn (text: string): void {
    this.event('warning', { text })
    if (!this.json) this.#write(this.#err, `hushwire ${this.#command}: ${text}`)
  }

  /**
   * The one line that says what is going on now, in place of the one before. Where lines cannot be replaced, a note.
   *
   * @param text - empty, as by default, to take the line away
   */
  status (text = ''): void {
    if (!this.interactive || this.#through !== undefined) {
      if (text !== '') this.note(text)
      return
    }
    if (text === '' && this.#status === '') return
    this.#status = text
    if (this.#bars === undefined) this.#err.write(`${ERASE_LINE}${this.#styled(text)}`)
  }

  /**
   * A bar on stderr for people at a terminal, and nothing where lines cannot be replaced. With `--json` events `progress` with `name`, `done` and
   * `total`, twice a second at most, which labels and tails change nothing of.
   *
   * @param name - of what goes on; cleaned here
   * @param total - in the unit that `update` counts in, such as bytes
   * @param format - an amount of that unit as people read it
   */
  progress (name: string, total: number, format: (value: number) => string = String): Progress {
    const label = plainLine(name)
    if (this.json) return this.#progressEvents(label, total)
    if (!this.interactive || this.#through !== undefined) return { update: () => {}, stop: () => {} }
    if (this.#status !== '') this.status()
    this.#bars ??= new MultiBar({
      stream: process.stderr,
      format: '{label} {bar} {percentage}% {done}/{whole} {tail}',
      barsize: 20,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false
    })
    this.#alive++
    const payload = (value: number, text = label, tail = timeLeft(value)): object => ({ label: cut(text, 30).padEnd(12), done: format(value), whole: format(total), tail })
    const begun = performance.now()
    const timeLeft = (value: number): string => value === 0 ? '' : `${Math.ceil((total - value) / value * (performance.now() - begun) / 1000)} s left`
    const bar = this.#bars.create(Math.max(total, 1), 0, payload(0))
    return {
      update: (done, text, tail) => { bar.update(Math.min(done, Math.max(total, 1)), payload(done, text === undefined ? label : plainLine(text), tail)) },
      stop: () => {
        this.#bars?.remove(bar)
        if (--this.#alive > 0) return
        this.#bars?.stop()
        this.#bars = undefined
      }
    }
  }

  /** From now on lines are written by something that knows what else is on the screen, such as a line that is being typed; undefined ends that. */
  through (write: ((text: string) => void) | undefined): void {
    if (write !== undefined && this.#status !== '') this.status()
    this.#through = write
  }

  /** A text in a style, where colours are wanted. */
  paint (style: Style, text: string): string {
    return this.#color ? styleText(style, text, { validateStream: false }) : text
  }

  /** Tells why the command failed. @returns the exit code */
  failed (error: unknown): number {
    const { code, message, advice: known, exit } = failureOf(error, this.situation)
    const advice = code === 'ERR_CLI_OPTION' ? `See hushwire ${this.#command} --help.` : known
    this.end()
    this.event('failed', { code, message, advice, exit })
    // who has pressed Ctrl-C knows why
    if (!this.json && code !== 'ERR_CLI_STOPPED') this.#err.write(`hushwire ${this.#command}: ${[`${code}: ${sentence(plainLine(message))}`, advice].filter(Boolean).join(' ')}\n`)
    return exit
  }

  /** Takes status and bars away. */
  end (): void {
    this.#bars?.stop()
    this.#bars = undefined
    if (this.#status !== '') this.status()
  }

  #styled (text: string): string {
    return text === '' ? '' : this.paint('dim', cut(text, (this.#err.columns || 80) - 1))
  }

  #write (stream: OutputStream, text: string): void {
    if (this.#through !== undefined) this.#through(text)
    else if (this.#bars !== undefined && stream.isTTY === true) this.#bars.log(`${text}\n`)
    else if (this.#status !== '') this.#err.write(ERASE_LINE)
    if (this.#through !== undefined || (this.#bars !== undefined && stream.isTTY === true)) return
    stream.write(`${text}\n`)
    if (this.#status !== '') this.#err.write(this.#styled(this.#status))
  }

  #progressEvents (name: string, total: number): Progress {
    let last = -Infinity
    const tell = (done: number): void => {
      last = performance.now()
      this.event('progress', { name, done, total })
    }
    return { update: done => { if (performance.now() - last >= PROGRESS_INTERVAL) tell(done) }, stop: () => {} }
  }
}

/** The same JSON, which a terminal shows as it is. */
function escaped (json: string): string {
  return json.replace(OBEYED, letter => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
