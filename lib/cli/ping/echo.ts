import { crypto } from '../../crypto/index.js'
import type { PeerStream } from '../../relay/index.js'
import { asError, Channel, ignore, Reader, streamError } from '../../stream/index.js'
import { cliError } from '../errors.js'

/** Bytes of a ping: random, so that what comes back is its own. */
const PING_BYTES = 8

/** A stream whose other end sends back what comes. */
export class Echo {
  readonly #stream: PeerStream
  readonly #asked = new Channel<Uint8Array>({ maxItems: 1 })
  readonly #answers: Reader

  constructor (stream: PeerStream) {
    this.#stream = stream
    this.#answers = new Reader(stream.source)
    stream.sink(this.#asked).catch(ignore)
    stream.closed.catch(ignore)
  }

  /**
   * One round.
   *
   * @param timeout - milliseconds
   * @returns milliseconds
   * @throws ERR_TIMEOUT, ERR_CLI_ECHO, the signal's reason, and what the stream fails with (as rejections); the stream is of no use then
   */
  async round (timeout: number, signal?: AbortSignal): Promise<number> {
    const bytes = crypto.randomBytes(PING_BYTES)
    const late = setTimeout(() => { this.#stream.abort(streamError('ERR_TIMEOUT', 'a ping')) }, timeout)
    try {
      const since = performance.now()
      await this.#asked.push(bytes)
      const back = await this.#answers.read(PING_BYTES, { signal })
      const round = performance.now() - since
      if (!crypto.equal(bytes, back)) throw cliError('ERR_CLI_ECHO')
      return round
    } catch (error) {
      this.#stream.abort(asError(error))
      throw error
    } finally {
      clearTimeout(late)
    }
  }

  /** Ends it at once. */
  abort (error: Error): void { this.#stream.abort(error) }

  /** Ends it in order. */
  async close (): Promise<void> {
    this.#asked.end()
    // its end comes when the other side has seen ours
    const rest = this.#answers.rest()
    const read = (async () => { while ((await rest.next()).done !== true) continue })()
    await Promise.all([read.catch(ignore), this.#stream.close()])
  }
}
