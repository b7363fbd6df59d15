import { CONTROL, type ControlRecord } from './control.js'
import { novaError } from './errors.js'

/** Answers to pings that may wait to be sent. */
const MAX_PONGS = 16

/**
 * The control records that wait to be sent. They are bounded by what they are about: a credit, a reset and a stop for each
 * packet, and a few pongs.
 */
export class OutgoingControls {
  readonly #sender: { wake(): void }
  #credits: Map<number, number> | undefined
  readonly #records: ControlRecord[] = []
  #pongs = 0

  /** @param sender - woken when there is something to take */
  constructor (sender: { wake(): void }) {
    this.#sender = sender
  }

  get length (): number { return this.#records.length + (this.#credits?.size ?? 0) }

  add (type: number, packetNonce: number, value: number): void {
    this.#records.push({ type, packetNonce, value })
    this.#sender.wake()
  }

  /** So many more bytes of a packet of the other side, or more packets where the nonce is 0. */
  credit (packetNonce: number, value: number): void {
    this.#credits ??= new Map()
    this.#credits.set(packetNonce, (this.#credits.get(packetNonce) ?? 0) + value)
    this.#sender.wake()
  }

  /** The packet is over: it needs no more credit. */
  noCredit (packetNonce: number): void {
    this.#credits?.delete(packetNonce)
  }

  /** @throws ERR_CONTROL_FLOOD when the other side asks and does not take the answers */
  pong (value: number): void {
    if (++this.#pongs > MAX_PONGS) throw novaError('ERR_CONTROL_FLOOD')
    this.add(CONTROL.pong, 0, value)
  }

  /** Everything that waits; a reset goes before the credit that comes after it. */
  take (): ControlRecord[] {
    // emptied, not left, as the sender's batch
    const records = this.#records.splice(0)
    for (const [packetNonce, value] of this.#credits ?? []) records.push({ type: CONTROL.credit, packetNonce, value })
    this.#credits = undefined
    this.#pongs = 0
    return records
  }
}
