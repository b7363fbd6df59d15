import { RESET_CODES, resetError } from '../nova/index.js'
import type { PeerStream } from '../relay/index.js'
import { abortable, Channel, deferred, HushwireError, ignore, join, letGo, streamError } from '../stream/index.js'
import { filesError } from './errors.js'
import { encodeRecord, type FilesRecord, type RecordReader } from './records.js'

/** Records are gathered until they are so many bytes: each piece that is written is a chunk of its own. */
const GATHERED_BYTES = 131_072
/** Bytes that wait to be sent, from which on a writer waits. */
const WAITING_BYTES = 524_288
/** Bytes of content that count as something said: fewer, now and then, are as good as nothing. */
const WORD_BYTES = 65_536

const ALIVE = encodeRecord({ type: 'alive' })

/** What a {@link Wire} is made with. */
export interface WireOptions {
  readonly reader: RecordReader
  /** Milliseconds without a sign of the other side. */
  readonly idleTimeout: number
}

/** The stream of a transfer as records, in both directions. It fails as a whole, with the first cause. */
export class Wire {
  readonly #stream: PeerStream
  readonly #reader: RecordReader
  readonly #source: AsyncIterator<Uint8Array>
  readonly #idleTimeout: number
  readonly #channel: Channel<Uint8Array>
  readonly #failed = new AbortController()
  readonly #sent: Promise<void>
  readonly #readAll = deferred()
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  #failure: Error | undefined
  #lastSign = performance.now()
  /** Things that only the other side can bring to an end. */
  #waiting = 0
  /** Milliseconds for which {@link next} has waited since something was said, content since then, and since when it waits now. */
  #silence = 0
  #content = 0
  #listening: number | undefined
  #ahead: Promise<FilesRecord | undefined> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #alive: ReturnType<typeof setInterval>

  constructor (stream: PeerStream, { reader, idleTimeout }: WireOptions) {
    this.#stream = stream
    this.#reader = reader
    this.#idleTimeout = idleTimeout
    this.#source = stream.source[Symbol.asyncIterator]()
    this.#channel = new Channel<Uint8Array>({ maxBytes: WAITING_BYTES, onTake: (_, record) => { if (record !== ALIVE) this.#sign() } })
    this.#sent = stream.sink(this.#channel)
    this.#sent.catch((error: unknown) => this.#unsent(error as Error)).catch(ignore)
    this.#watch(idleTimeout)
    this.#alive = setInterval(() => { this.#sayAlive() }, idleTimeout / 4)
  }

  /** Aborts with the cause when the stream has failed. */
  get failed (): AbortSignal { return this.#failed.signal }

  /** Milliseconds for which the other side had to say something, and has said nothing but that it is there. */
  get silence (): number { return this.#silence + (this.#listening === undefined ? 0 : performance.now() - this.#listening) }

  /** Says something; it may wait for more to be said. Waits for room. @throws what the stream failed with */
  async write (record: Uint8Array): Promise<void> {
    this.#gathered.push(record)
    this.#gatheredBytes += record.byteLength
    if (this.#gatheredBytes >= GATHERED_BYTES) await this.flush()
  }

  /** Sends what was said. @throws what the stream failed with */
  async flush (): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#gatheredBytes === 0) return
    const [first, ...others] = this.#gathered as [Uint8Array, ...Uint8Array[]]
    const bytes = others.length === 0 ? first : join(this.#gathered)
    this.#gathered = []
    this.#gatheredBytes = 0
    // nobody reads any more: why is known when everything that the other side has said was read
    if (!this.#channel.open) return this.#awaited(this.until(this.#rest()))
    const room = this.#channel.push(bytes)
    if (room !== undefined) await this.#awaited(this.until(room))
  }

  /** Says a record and sends it at once. @throws what the stream failed with */
  async say (record: FilesRecord): Promise<void> {
    await this.write(encodeRecord(record))
    await this.flush()
  }

  /** The next record; undefined at the end. Its bytes are good until the next call. @throws what the stream failed with, ERR_FILES_PROTOCOL */
  async next (): Promise<FilesRecord | undefined> {
    const ahead = this.#ahead
    this.#ahead = undefined
    this.#listening = performance.now()
    try {
      const record = await (ahead ?? this.#next())
      this.#silence = this.#isWord(record) ? 0 : this.silence
      return record
    } finally {
      this.#listening = undefined
    }
  }

  /** The promise, while the other side has nothing to say but that it is there. @throws what the promise does, what the stream failed with, ERR_FILES_PROTOCOL */
  async meanwhile<T> (promise: Promise<T>): Promise<T> {
    let over = false
    // one race for all of them: each would leave something behind at a promise that may wait for a person
    const talk = (async () => {
      while (!over) {
        this.#ahead ??= this.#next()
        this.#ahead.catch(ignore)
        const record = await this.#ahead
        if (over) return
        this.#ahead = undefined
        if (record?.type !== 'alive') throw filesError('ERR_FILES_PROTOCOL', 'something before the answer')
      }
    })()
    talk.catch(ignore)
    try {
      return await Promise.race([promise, talk.then(() => promise)])
    } finally {
      over = true
    }
  }

  /** The promise, or what the stream fails with before. */
  until<T> (promise: Promise<T>): Promise<T> {
    return abortable(promise, this.#failed.signal)
  }

  /** Says that nothing more is said; the other direction goes on. @throws what the stream failed with */
  async end (): Promise<void> {
    await this.flush()
    if (this.#channel.open) this.#channel.end()
    await this.#awaited(this.#sent.catch((error: unknown) => { throw this.#failure ?? stoppedOf(error as Error) }))
  }

  /** Says no, as the last word, and wants to hear nothing more. Never rejects. */
  async refuse (record: FilesRecord): Promise<void> {
    await this.say(record).then(() => this.end()).catch(ignore)
    letGo(this.#source)
    await this.close()
  }

  /** Lets go of a stream that both sides have done with. Never rejects. */
  async close (): Promise<void> {
    if (this.#channel.open) this.#channel.end()
    await this.#stream.close()
    this.#failure ??= streamError('ERR_CLOSED')
    this.#over()
  }

  /**
   * Ends both directions.
   *
   * @param reset - what the other side is told
   */
  fail (error: Error, reset = error): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#over()
    // first, or the other side would hear that the source has failed
    this.#stream.abort(reset)
    if (this.#channel.open) this.#channel.fail(error, { discard: true })
    this.#failed.abort(error)
  }

  #isWord (record: FilesRecord | undefined): boolean {
    if (record?.type === 'alive') return false
    this.#content = record?.type === 'data' ? this.#content + record.bytes.byteLength : WORD_BYTES
    if (this.#content < WORD_BYTES) return false
    this.#content = 0
    return true
  }

  /** Passes over what the other side has still said, unless somebody reads it. Never resolves: the stream fails with what it ends with. */
  async #rest (): Promise<never> {
    await this.#ahead?.catch(ignore)
    if (this.#listening === undefined) while (await this.#next() !== undefined) continue
    return new Promise<never>(ignore)
  }

  async #next (): Promise<FilesRecord | undefined> {
    for (let record = this.#reader.read(); ; record = this.#reader.read()) {
      if (this.#failure !== undefined) throw this.#failure
      if (record !== undefined) return record
      const result = await this.#awaited(this.#read())
      if (result.done === true) {
        this.#reader.end()
        this.#readAll.resolve()
        return undefined
      }
      this.#reader.push(result.value)
    }
  }

  async #read (): Promise<IteratorResult<Uint8Array>> {
    try {
      return await this.#source.next()
    } catch (error) {
      const cause = stoppedOf(error as Error)
      this.fail(cause)
      throw this.#failure ?? cause
    }
  }

  /** Something that the other side has to do its part for, in time. */
  async #awaited<T> (promise: Promise<T>): Promise<T> {
    this.#sign()
    this.#waiting++
    try {
      return await promise
    } finally {
      this.#waiting--
      this.#sign()
    }
  }

  /** Who has stopped reading may have said why. */
  async #unsent (error: Error): Promise<void> {
    const cause = stoppedOf(error)
    if (cause !== error) await this.until(this.#readAll.promise)
    this.fail(cause)
  }

  /** What says nothing else says that it is there. */
  #sayAlive (): void {
    if (this.#channel.open && this.#channel.length === 0) void this.#channel.push(ALIVE)
  }

  #over (): void {
    clearTimeout(this.#timer)
    clearInterval(this.#alive)
  }

  #sign (): void { this.#lastSign = performance.now() }

  #watch (delay: number): void {
    this.#timer = setTimeout(() => {
      const left = this.#waiting > 0 ? this.#lastSign + this.#idleTimeout - performance.now() : this.#idleTimeout
      if (left <= 0) this.fail(resetError(RESET_CODES.stalled))
      else this.#watch(left)
    }, delay)
  }
}

/** A stream that the other side has left is a transfer that it has stopped. */
function stoppedOf (error: Error): Error {
  return error instanceof HushwireError && error.code === 'ERR_RESET_CANCELLED' ? filesError('ERR_FILES_STOPPED', undefined, error) : error
}
