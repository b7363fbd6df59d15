import { nextTurn } from '../stream/index.js'
import { CreditBudget } from './credit-budget.js'
import { novaError } from './errors.js'
import type { IncomingPacket } from './incoming-packet.js'
import type { OutgoingControls } from './outgoing-controls.js'

/** Bytes that are given back even where they are less than half of a window: a sender with a large one must not run dry before it hears of it. */
const MUCH = 524_288

/**
 * Credit for what comes in (nova.md, Control): bytes of each packet, given back as its reader takes them, and packets, given back
 * as they are done with. So what waits on a link is bounded, and a reader that is behind holds up nothing but its own packet.
 */
export class ReceiveCredit {
  readonly #window: number
  readonly #maxWindow: number
  readonly #maxPackets: number
  readonly #pool: CreditBudget
  readonly #controls: OutgoingControls
  /** Packets that have begun and are not done with. */
  #held = 0
  /** Packets that are done with and were not given back. */
  #returned = 0
  /** What the windows have grown by together. */
  #grown = 0
  /** Packets are about to be given back. */
  #soon = false
  #ended = false

  constructor (window: number, limits: { maxWindow: number, poolBytes: number, maxIncoming: number }, controls: OutgoingControls, budget: CreditBudget | undefined) {
    this.#window = window
    this.#maxWindow = Math.max(window, limits.maxWindow)
    this.#maxPackets = limits.maxIncoming
    this.#pool = new CreditBudget(limits.poolBytes, budget)
    this.#controls = controls
  }

  /** Packets that are in flight or not read to their end. */
  get packets (): number { return this.#held }

  /** @throws ERR_PACKET_CREDIT when no packet may begin */
  begin (): void {
    if (this.#held + this.#returned >= this.#maxPackets) throw novaError('ERR_PACKET_CREDIT', `${this.#maxPackets} packets`)
    this.#held++
  }

  /** So many bytes of a packet have come. @throws ERR_PACKET_CREDIT */
  spend ({ credit }: IncomingPacket, bytes: number): void {
    if (credit === undefined) return
    credit.open -= bytes
    if (credit.open < 0) throw novaError('ERR_PACKET_CREDIT', `${-credit.open} bytes`)
  }

  /** The reader of a packet has taken bytes of it. */
  taken (packet: IncomingPacket, bytes: number): void {
    if (packet.credit === undefined) return
    packet.credit.taken += bytes
    this.give(packet)
  }

  /** Gives back what was taken, when it is half of the window or much; more than that to a reader that keeps up. */
  give (packet: IncomingPacket): void {
    const { credit } = packet
    if (credit === undefined || packet.over || packet.dropped || this.#ended || credit.taken < Math.min(credit.window / 2, MUCH)) return
    const keepsUp = packet.source.length === 0
    const growth = keepsUp ? this.#pool.take(Math.min(credit.window, this.#maxWindow - credit.window)) : 0
    this.#grown += growth
    credit.window += growth
    const given = credit.taken + growth
    credit.open += given
    credit.taken = 0
    this.#controls.credit(packet.nonce, given)
  }

  /** A packet that is over, was taken, and of which nothing waits is done with. One that nobody took counts, or empty ones would wait without number. */
  settle (packet: IncomingPacket): void {
    const { credit } = packet
    if (credit === undefined || packet.settled || !packet.over || packet.waiting || packet.source.length > 0) return
    packet.settled = true
    this.#held--
    if (this.#ended) return
    this.#returned++
    this.#controls.noCredit(packet.nonce)
    this.#shrink(credit.window - this.#window)
    if (this.#returned * 2 >= this.#maxPackets) this.#giveBack()
    else if (this.#returned * 2 >= this.#maxPackets - this.#held) this.#giveSoon()
  }

  /** The link is over: nothing more comes, and nothing more is told. */
  end (): void {
    this.#ended = true
    this.#shrink(this.#grown)
  }

  #giveBack (): void {
    if (this.#returned > 0 && !this.#ended) this.#controls.credit(0, this.#returned)
    this.#returned = 0
  }

  /**
   * Half of what readers do not hold: the other side may wait for it. Readers that are just going through a burst are given time to
   * come to its end, or each of its packets would cost a record.
   */
  #giveSoon (): void {
    if (this.#soon) return
    this.#soon = true
    void nextTurn().then(() => {
      this.#soon = false
      this.#giveBack()
    })
  }

  #shrink (bytes: number): void {
    this.#grown -= bytes
    this.#pool.give(bytes)
  }
}
