import type { FilesProgress } from '../../../files/index.js'
import { Changes } from './changes.js'

/** How far a transfer is at the moment. */
export interface Going {
  readonly bytes: number
  readonly size: number
  /** Bytes a second; undefined until there is something to count. */
  readonly rate: number | undefined
  /** Seconds that are left. */
  readonly left: number | undefined
  /** What it waits for, as a sentence; undefined while it goes on. */
  readonly waiting: string | undefined
}

/** What is counted for a rate. */
interface Counting {
  going: Going
  since: number
  from: number
}

/** Milliseconds over which a rate is counted. */
const WINDOW = 4000

/** Transfers that are under way, by entry. */
export class TransferStates {
  readonly changes = new Changes<string>()
  readonly #counting = new Map<string, Counting>()

  get (entry: string): Going | undefined { return this.#counting.get(entry)?.going }

  progress (entry: string, { bytes, size, resumed }: FilesProgress): void {
    const now = performance.now()
    const counting = this.#counting.get(entry) ?? { since: now, from: Math.max(resumed, 0), going: { bytes, size, rate: undefined, left: undefined, waiting: undefined } }
    if (counting.going.waiting !== undefined || bytes < counting.from) Object.assign(counting, { since: now, from: bytes })
    const seconds = (now - counting.since) / 1000
    const rate = seconds < 0.3 ? counting.going.rate : (bytes - counting.from) / seconds
    counting.going = { bytes, size, rate, left: rate === undefined || rate === 0 ? undefined : (size - bytes) / rate, waiting: undefined }
    if (now - counting.since > WINDOW) Object.assign(counting, { since: now - WINDOW / 2, from: Math.max(counting.from, bytes - (rate ?? 0) * WINDOW / 2000) })
    this.#counting.set(entry, counting)
    this.changes.tell(entry)
  }

  wait (entry: string, size: number, waiting: string): void {
    const { going = { bytes: 0, size, rate: undefined, left: undefined, waiting } } = this.#counting.get(entry) ?? {}
    this.#counting.set(entry, { since: performance.now(), from: going.bytes, going: { ...going, rate: undefined, left: undefined, waiting } })
    this.changes.tell(entry)
  }

  end (entry: string): void {
    this.#counting.delete(entry)
    this.changes.tell(entry)
  }
}
