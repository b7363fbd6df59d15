import { createInterface, cursorTo, clearScreenDown, moveCursor, type Interface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { ChatText } from '../../chat/index.js'
import type { Output } from '../terminal/output.js'
import { plainLines } from '../terminal/plain-text.js'

/** How things stand with the peer. */
export interface Standing {
  /** Unknown until the relay has said so. */
  readonly online: boolean | undefined
  /** Texts that the relay does not have yet. */
  readonly unsent: number
  /** Texts that the peer has not been shown, as far as we know. */
  readonly underway: number
}

/** Where a chat is read and written. */
export interface Screen {
  /** What is typed, line by line, until its end. */
  readonly lines: AsyncIterable<string>
  /** A text of the peer's. */
  received(name: string, text: ChatText): void
  standing(standing: Standing): void
  close(): void
}

/** Lines that stand above each other, for pipes and programs. */
export class PlainScreen implements Screen {
  readonly lines: AsyncIterable<string>
  readonly #reader: Interface
  readonly #output: Output

  constructor (output: Output, input: Readable = process.stdin) {
    this.#output = output
    this.#reader = createInterface({ input, crlfDelay: Infinity })
    this.lines = linesOf(this.#reader)
  }

  received (name: string, text: ChatText): void { for (const line of textLines(name, text)) this.#output.line(line) }
  standing (): void {}
  close (): void { this.#reader.close() }
}

/** A terminal: what comes is written above the line that is being typed. */
export class TerminalScreen implements Screen {
  readonly lines: AsyncIterable<string>
  readonly #reader: Interface
  readonly #name: string
  readonly #output: Output
  readonly #terminal: Writable
  #closed = false

  /** @param name - of the peer, safe to be shown */
  constructor (name: string, output: Output, input: Readable = process.stdin, terminal: Writable = process.stdout) {
    this.#name = name
    this.#output = output
    this.#terminal = terminal
    this.#reader = createInterface({ input, output: terminal, terminal: true, historySize: 200, removeHistoryDuplicates: true })
    this.lines = linesOf(this.#reader)
    // in raw mode Ctrl-C is a key like others
    this.#reader.on('SIGINT', () => { process.kill(process.pid, 'SIGINT') })
    // before each line that is typed, the next prompt
    this.#reader.on('line', () => { this.#reader.prompt() })
    // Ctrl-D ends it as well: from then on there is no line that anything could stand above
    this.#reader.once('close', () => { this.close() })
    output.through(text => { this.#above(text) })
    this.standing({ online: undefined, unsent: 0, underway: 0 })
  }

  received (name: string, text: ChatText): void { this.#tell(textLines(this.#output.paint('bold', name), text).join('\n')) }

  standing ({ online, unsent, underway }: Standing): void {
    const mark = online === undefined ? '?' : online ? this.#output.paint('green', '●') : this.#output.paint('dim', '○')
    const about = [unsent > 0 ? `${unsent} to send` : '', underway > 0 ? `${underway} on the way` : ''].filter(Boolean).join(', ')
    // a message may still be on its way when the line is gone
    if (this.#closed) return
    this.#reader.setPrompt(`${this.#name} ${mark}${about === '' ? '' : this.#output.paint('dim', ` (${about})`)} > `)
    this.#erase()
    this.#reader.prompt(true)
  }

  close (): void {
    if (this.#closed) return
    this.#closed = true
    this.#erase()
    this.#output.through(undefined)
    this.#reader.close()
  }

  #tell (text: string): void {
    if (this.#closed) this.#terminal.write(`${text}\n`)
    else this.#above(text)
  }

  #above (text: string): void {
    this.#erase()
    this.#terminal.write(`${text}\n`)
    this.#reader.prompt(true)
  }

  /** Takes the prompt and what was typed off the screen, all the rows that they have. */
  #erase (): void {
    const { rows } = this.#reader.getCursorPos()
    if (rows > 0) moveCursor(this.#terminal, 0, -rows)
    cursorTo(this.#terminal, 0)
    clearScreenDown(this.#terminal)
  }
}

/** Lines from now on: those that come before somebody asks for them are not lost. */
function linesOf (reader: Interface): AsyncIterable<string> {
  const lines = reader[Symbol.asyncIterator]()
  return { [Symbol.asyncIterator]: () => lines }
}

/** A text with its time and sender; what follows its first line stands under it, so that nobody can write a line in another's name. */
function textLines (name: string, { time, text }: ChatText): string[] {
  const [first = '', ...rest] = plainLines(text)
  return [`${shownTime(time)} ${name}: ${first}`, ...rest.map(line => `      ${line}`)]
}

/** The hour of today, else the day too. */
export function shownTime (time: number, now = Date.now()): string {
  const [at, today] = [new Date(time), new Date(now)]
  if (Number.isNaN(at.getTime())) return '??:??'
  const two = (value: number): string => String(value).padStart(2, '0')
  const hour = `${two(at.getHours())}:${two(at.getMinutes())}`
  return at.toDateString() === today.toDateString() ? hour : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${hour}`
}
