import type { Uuid } from '../../bytes/index.js'
import { PING_KIND } from '../../chat/index.js'
import type { Client } from '../../relay/index.js'
import { asError, deadline, streamError } from '../../stream/index.js'
import { Echo } from './echo.js'

/** Milliseconds of one round. */
export interface Round {
  /** To the relay and back. */
  readonly hop: number
  /** Through the relay to the peer and back. */
  readonly end: number
}

/** The way to a peer, over a stream that is opened anew after a loss. */
export class Way {
  readonly #client: Client
  readonly #peer: Uuid
  readonly #timeout: number
  readonly #signal: AbortSignal
  #echo: Echo | undefined

  /** @param timeout - milliseconds for each leg */
  constructor (client: Client, peer: Uuid, timeout: number, signal: AbortSignal) {
    this.#client = client
    this.#peer = peer
    this.#timeout = timeout
    this.#signal = signal
  }

  /** @throws why nothing came back: why there is no connection to the relay, if there is none, else what `ping`, `open` and the stream fail with (as rejections) */
  async round (): Promise<Round> {
    try {
      const hop = await this.#hop()
      this.#echo ??= new Echo(await this.#client.peer(this.#peer).open(PING_KIND, { timeout: this.#timeout, signal: this.#signal }))
      return { hop, end: await this.#echo.round(this.#timeout, this.#signal) }
    } catch (error) {
      // what failed may be the hop alone, and an echo that is left would hold a place with the peer
      this.#echo?.abort(asError(error))
      this.#echo = undefined
      const { state } = this.#client
      throw state.type === 'waiting' ? state.error : error
    }
  }

  /** Ends the stream in order. */
  async close (): Promise<void> {
    const echo = this.#echo
    this.#echo = undefined
    await echo?.close()
  }

  /** Without a connection a ping waits for one: no longer than for its answer. */
  async #hop (): Promise<number> {
    const limit = deadline(this.#signal, this.#timeout, () => streamError('ERR_TIMEOUT', 'a ping'))
    return this.#client.ping({ timeout: this.#timeout, signal: limit.signal }).finally(limit.done)
  }
}
