import { decodeLetter } from './content.js'

/** What became of a letter at its sender. */
type Sending = 'pending' | 'acknowledged' | 'refused' | 'abandoned'

interface Letter {
  readonly name: string
  sending: Sending
  /** How often it was handed to the application. */
  handed: number
  /** When it was handed out last. */
  last: Handing | undefined
}

interface Handing {
  readonly process: object
  /** The application has said that it need not come again. */
  asked: boolean
  /** That is written down. */
  done: boolean
  /** The process has ended. */
  over: boolean
}

/** Who sends to whom: letters by number, from 0. */
interface Pair {
  readonly letters: Letter[]
  /** The highest number that was handed out. */
  highest: number
}

/** What every letter has come to, and what it must not. */
export class Ledger {
  readonly problems: string[]
  readonly #pairs = new Map<string, Pair>()
  /** The letter that each process holds. */
  readonly #held = new Map<object, Letter>()

  constructor (problems: string[]) {
    this.problems = problems
  }

  /** A letter is about to be sent. @returns its number, and who is to be told of its fate */
  send (from: number, to: number): { readonly number: number, readonly letter: Letter } {
    const pair = this.#pair(from, to)
    const number = pair.letters.length
    const letter: Letter = { name: `letter ${from}>${to} ${number}`, sending: 'pending', handed: 0, last: undefined }
    pair.letters.push(letter)
    return { number, letter }
  }

  /** A letter was handed to the application of a process. */
  handed (to: number, process: object, sender: number | undefined, bytes: Uint8Array): string {
    const head = decodeLetter(bytes)
    if (head === undefined || head.to !== to || head.from !== sender) return this.#problem(`${to} got something that nobody has sent`)
    const pair = this.#pair(head.from, to)
    const letter = pair.letters[head.number]
    if (letter === undefined) return this.#problem(`${to} got a letter that was never sent: ${head.from} ${head.number}`)
    const { last, name } = letter
    if (last !== undefined && (last.done || last.process === process || !last.over)) this.#problem(`${name} is doubled`)
    else if (last === undefined && head.number < pair.highest && letter.sending !== 'refused' && letter.sending !== 'abandoned') this.#problem(`${name} came after ${pair.highest}`)
    letter.handed++
    letter.last = { process, asked: false, done: false, over: false }
    pair.highest = Math.max(pair.highest, head.number)
    this.#held.set(process, letter)
    return name
  }

  /** The process says that what it holds need not come again. */
  asked (process: object): void { this.#change(process, handing => { handing.asked = true }) }

  /** That is written down. */
  done (process: object): void { this.#change(process, handing => { handing.done = true }) }

  /** The process is over: what it holds may come again, and must unless it has asked for more. */
  over (process: object): void {
    this.#change(process, handing => { handing.over = true })
    this.#held.delete(process)
  }

  /** Letters that have not come though they were acknowledged, or are not acknowledged yet. */
  get missing (): string[] {
    return [...this.#pairs.values()].flatMap(({ letters }) => letters.filter(letter => this.#isMissing(letter)).map(({ name, sending }) => `${name} (${sending})`))
  }

  get counts (): Record<Sending | 'handed', number> {
    const counts = { pending: 0, acknowledged: 0, refused: 0, abandoned: 0, handed: 0 }
    for (const { letters } of this.#pairs.values()) {
      for (const { sending, handed } of letters) {
        counts[sending]++
        counts.handed += handed
      }
    }
    return counts
  }

  #isMissing (letter: Letter): boolean {
    if (letter.sending === 'pending') return true
    if (letter.sending !== 'acknowledged' && letter.handed === 0) return false
    return letter.last === undefined || !letter.last.asked
  }

  #change (process: object, change: (handing: Handing) => void): void {
    const handing = this.#held.get(process)?.last
    if (handing?.process === process) change(handing)
  }

  #pair (from: number, to: number): Pair {
    const key = `${from}>${to}`
    const pair = this.#pairs.get(key) ?? { letters: [], highest: -1 }
    this.#pairs.set(key, pair)
    return pair
  }

  #problem (text: string): string {
    this.problems.push(text)
    return text
  }
}
