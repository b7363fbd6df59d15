import { Uint8ArrayList } from 'uint8arraylist'
import { type Bytes, deferred, type Deferred } from '../stream/index.js'
import { encodeId, encodeRecord, MAX_VALUE, RECORD } from './muxer-records.js'

/** Bytes that wait to be sent before the stream has to. */
const HIGH_WATER = 131_072

/** The body of one outgoing packet of a stream: its id, then records, as the sender of packets asks for them. Credit and stop go before data. */
export class OutgoingBody implements AsyncIterableIterator<Bytes> {
  readonly #onRoom: () => void
  readonly #flushed = deferred({ handled: true })
  #urgent: Uint8Array[]
  /** What was written, each write a record of its own so that it arrives as one. */
  readonly #data: Uint8ArrayList[] = []
  #length = 0
  #credit = 0
  #end = false
  #state: 'open' | 'finished' | 'over' = 'open'
  #reader: Deferred<IteratorResult<Bytes>> | undefined

  /** @param onRoom - told when a body that was full is so no longer */
  constructor (id: number, onRoom: () => void) {
    this.#urgent = [encodeId(id)]
    this.#onRoom = onRoom
  }

  /** Bytes that may be queued now. */
  get room (): number { return Math.max(0, HIGH_WATER - this.#length) }
  /** Bytes that are queued. */
  get length (): number { return this.#length }
  /** Settles when everything up to the end of the stream has been taken. */
  get flushed (): Promise<void> { return this.#flushed.promise }

  /** Queues bytes, which must be left alone from then on. */
  data (bytes: Uint8ArrayList): void {
    if (this.#state !== 'open' || this.#end) return
    this.#data.push(bytes)
    this.#length += bytes.byteLength
    this.#wake()
  }

  /** Queues credit; what was not taken yet is summed up. */
  credit (bytes: number): void {
    this.#credit += bytes
    this.#wake()
  }

  /** Says that no more bytes are wanted. */
  stop (): void {
    if (this.#state !== 'open') return
    this.#urgent.push(encodeRecord(RECORD.stop, 0))
    this.#wake()
  }

  /** Says behind the data that no more comes; credit still may. */
  end (): void {
    this.#end = true
    this.#wake()
  }

  /** Drops the data, and says that the stream has failed. */
  reset (code: number): void {
    if (this.#state !== 'open') return
    this.#drop()
    this.#urgent.push(encodeRecord(RECORD.reset, code))
    this.finish()
  }

  /** Nothing more is to be said: ends the packet behind what is queued. Without {@link OutgoingBody.end} before, it tells of a failure. */
  finish (): void {
    if (this.#state === 'open') this.#state = 'finished'
    if (!this.#end) this.#drop()
    this.#wake()
  }

  next (): Promise<IteratorResult<Bytes>> {
    const result = this.#next()
    if (result !== undefined) return Promise.resolve(result)
    this.#reader = deferred()
    return this.#reader.promise
  }

  /** Nobody wants the packet any more. */
  return (): Promise<IteratorResult<Bytes>> {
    this.#state = 'over'
    this.#drop()
    this.#flushed.resolve()
    this.#wake()
    return Promise.resolve(DONE)
  }

  [Symbol.asyncIterator] (): this { return this }

  #drop (): void {
    this.#data.length = 0
    this.#length = 0
    this.#end = false
    this.#credit = 0
  }

  #wake (): void {
    const reader = this.#reader
    if (reader === undefined) return
    const result = this.#next()
    if (result === undefined) return
    this.#reader = undefined
    reader.resolve(result)
  }

  #next (): IteratorResult<Bytes> | undefined {
    if (this.#state === 'over') return DONE
    const chunk = new Uint8ArrayList()
    for (const record of this.#urgent.splice(0)) chunk.append(record)
    this.#takeCredit(chunk)
    this.#takeData(chunk)
    if (chunk.byteLength > 0) return { value: chunk, done: false }
    if (this.#state !== 'finished') return undefined
    this.#flushed.resolve()
    return DONE
  }

  #takeCredit (chunk: Uint8ArrayList): void {
    while (this.#credit > 0) {
      const credit = Math.min(this.#credit, MAX_VALUE)
      chunk.append(encodeRecord(RECORD.credit, credit))
      this.#credit -= credit
    }
  }

  #takeData (chunk: Uint8ArrayList): void {
    const full = this.room === 0
    for (const bytes of this.#data.splice(0)) {
      chunk.append(encodeRecord(RECORD.data, bytes.byteLength))
      chunk.append(bytes)
    }
    this.#length = 0
    if (full && this.room > 0) this.#onRoom()
    if (!this.#end) return
    chunk.append(encodeRecord(RECORD.end, 0))
    this.#end = false
    this.#flushed.resolve()
  }
}

const DONE: IteratorResult<Bytes> = { value: undefined, done: true }
