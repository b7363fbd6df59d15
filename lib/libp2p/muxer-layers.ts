import type { MessageStream } from '@libp2p/interface'
import type { Frame } from '../nova/index.js'
import { type Bytes, deferred, type Layer, letGo } from '../stream/index.js'
import { muxerError } from './muxer-errors.js'

/**
 * Between the connection and the frames: the muxer's directions end before the connection does. Nothing is read behind the
 * other side's goaway, and the connection is not closed before that has come, since libp2p's have no half-close.
 */
export class Staying implements Layer<Uint8Array, Uint8Array, Bytes, Bytes> {
  readonly #connection: MessageStream
  readonly #left = deferred({ handled: true })
  readonly #remoteLeft = deferred({ handled: true })
  #over = false

  constructor (connection: MessageStream) {
    this.#connection = connection
  }

  /** Settles when everything of the own direction was handed to the connection. */
  get left (): Promise<void> { return this.#left.promise }

  /** The other side's goaway has come. */
  remoteLeft (): void {
    this.#over = true
    this.#remoteLeft.resolve()
  }

  abort (reason: Error): void {
    this.#left.resolve()
    this.#remoteLeft.reject(reason)
  }

  readonly inbound = (source: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => {
    const iterator = source[Symbol.asyncIterator]()
    const end = (): IteratorResult<Uint8Array> => {
      this.remoteLeft()
      letGo(iterator)
      return { value: undefined, done: true }
    }
    return {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          if (this.#over) return end()
          const result = await iterator.next()
          return result.done === true ? end() : result
        },
        return: async () => end()
      })
    }
  }

  readonly outbound = async function * (this: Staying, source: AsyncIterable<Bytes>): AsyncGenerator<Bytes> {
    // libp2p closes both directions at once: what is still to be said then has nowhere to go
    for await (const bytes of source) if (this.#connection.status === 'open') yield bytes
    this.#left.resolve()
    await this.#remoteLeft.promise
  }.bind(this)
}

/** Frames as they are: who seals is the encrypter below. */
export const plainFrames: Layer<Frame[], Frame[]> = {
  async * inbound (source) {
    for await (const batch of source) {
      if (batch.some(frame => frame.encrypted)) throw muxerError('ERR_MUXER_SEALED')
      yield batch
    }
  },
  outbound: source => source
}
