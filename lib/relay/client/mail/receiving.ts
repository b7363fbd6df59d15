import type { MessagePacket } from '../../../nova/index.js'
import { codeOf, leave, pause } from '../../../stream/index.js'
import { relayError } from '../../errors.js'
import { Backoff } from '../connection/backoff.js'
import type { RelayClient } from '../client.js'

/** Positions that are told to the relay at a time, as long as it takes so many. */
const BATCH = 1024

/** The mail that one connection brings, and what the relay is told about it. */
export class Receiving {
  /** Where the mail stood that came last on this connection. */
  last = -1n
  readonly #maxUntaken: number
  readonly #onArrival: () => void
  readonly #backoff: Backoff
  #packets: MessagePacket[] = []
  #taken: bigint[] = []
  /** Of those at the front, how many the relay has been told of: only for them it may send others. */
  #told = 0
  #telling = false
  #batch = BATCH
  #untaken = 0
  #client: RelayClient | undefined
  #ended: AbortSignal | undefined
  #violation: Error | undefined

  constructor (maxUntaken: number, pauses: readonly [min: number, max: number], onArrival: () => void) {
    this.#maxUntaken = maxUntaken
    this.#onArrival = onArrival
    this.#backoff = new Backoff(...pauses)
  }

  /** Deliveries that wait. */
  get length (): number { return this.#packets.length }

  /** Takes a delivery. */
  push (packet: MessagePacket): void {
    if (this.#untaken >= this.#maxUntaken || this.#ended?.aborted === true) {
      leave(packet.source)
      this.fail(relayError('ERR_RELAY_PROTOCOL', 'more mail than was asked for'))
      return
    }
    this.#untaken++
    this.#packets.push(packet)
    this.#onArrival()
  }

  shift (): MessagePacket | undefined { return this.#packets.shift() }

  /** The connection stands: asks for mail. */
  begin (client: RelayClient, ended: AbortSignal): void {
    this.#client = client
    this.#ended = ended
    if (this.#violation !== undefined) client.link.abort(this.#violation)
    else void this.#persist(async () => { await client.ask('receive', { after: 0n, maxUntaken: this.#maxUntaken }) })
  }

  /** Tells the relay that the mail at a position need not be kept. When the connection is gone, it will come again. */
  confirm (position: bigint): void {
    this.#taken.push(position)
    if (!this.#telling) void this.#tell()
  }

  /** Ends the connection, whose relay did what it must not. */
  fail (error: Error): void {
    this.#violation ??= error
    this.#client?.link.abort(error)
  }

  /** Whether the connection still stands: when it does not, what has failed on it is not the fault of what came. */
  async alive (timeout: number): Promise<boolean> {
    return this.#client !== undefined && this.#client.link.ping({ timeout }).then(() => true, () => false)
  }

  /** Drops what waits: it will come again on another connection. */
  leave (): void {
    for (const { source } of this.#packets.splice(0)) leave(source)
  }

  async #tell (): Promise<void> {
    this.#telling = true
    while (this.#taken.length > 0 && this.#ended?.aborted === false) {
      await this.#persist(() => this.#tellSome())
    }
    this.#telling = false
  }

  async #tellSome (): Promise<void> {
    // what it does not answer is told again before more is, or a relay that never answers could have them pile up
    const positions = this.#taken.slice(0, this.#told > 0 ? Math.min(this.#told, this.#batch) : this.#batch)
    if (this.#told === 0) {
      this.#told = positions.length
      this.#untaken -= positions.length
    }
    try {
      await this.#client?.ask('taken', { positions })
      this.#taken.splice(0, positions.length)
      this.#told -= positions.length
    } catch (error) {
      if (codeOf(error) === 'ERR_RELAY_LIMIT') this.#batch = Math.max(1, Math.floor(positions.length / 2))
      throw error
    }
  }

  /** Tries until it has worked or the connection is gone. Never rejects. */
  async #persist (task: () => Promise<void>): Promise<void> {
    while (this.#ended?.aborted === false) {
      try {
        await task()
        this.#backoff.reset()
        return
      } catch {
        await pause(this.#backoff.next(), this.#ended)
      }
    }
  }
}
