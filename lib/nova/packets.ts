import { asError, each, ignore, limitsOf, Outcome, type Endpoint, type HushwireError, type LimitsOf, type LinkControl } from '../stream/index.js'
import type { OpenedFrame } from './opening.js'
import { CONTROL, GOAWAY_CODES, type ControlRecord } from './control.js'
import type { CreditBudget } from './credit-budget.js'
import { novaError } from './errors.js'
import { LAST_NONCE, MAX_PLAINTEXT, type Frame } from './frame.js'
import type { Packet } from './incoming-packet.js'
import type { OutgoingControls } from './outgoing-controls.js'
import { faceOf, type PacketFace } from './packet-face.js'
import { PacketReceiver, type ReceiverEvents } from './packet-receiver.js'
import { PacketSender } from './packet-sender.js'
import { Pings, type PingOptions } from './pings.js'
import type { PacketSource, SendOptions } from './packet-source.js'
import { SEED_RULES, type PacketRules } from './packet-rules.js'
import { RECEIVE_LIMITS, type SlowConsumer } from './receive-limits.js'
import type { SenderEvents } from './sender-events.js'

/** The limits of packets and their defaults. */
export const PACKET_LIMITS = {
  ...RECEIVE_LIMITS,
  /** Packets in flight outward; more wait their turn, and for what the other side of a hardened link offers. */
  maxOutgoing: 1024,
  /** Packets that may wait to be sent while others are in flight; 0 = none. */
  maxWaiting: 65_536,
  /** Content bytes of the largest frame that is sent; frames are 257 KiB while a packet flows alone, else 65 KiB, at the most. */
  maxFrame: MAX_PLAINTEXT,
  /** Milliseconds that `close` waits for what is under way and for the other side's end. */
  closeTimeout: 10_000
} as const

/** Limits of packets; {@link PACKET_LIMITS} has the defaults. */
export type PacketLimits = LimitsOf<typeof PACKET_LIMITS>

/** Options of {@link packets}. */
export interface PacketsOptions {
  limits?: PacketLimits | undefined
  /** Without credit; default `stop-reading`: a packet whose reader is behind stops the link; see docs/back-pressure.md. */
  slowConsumer?: SlowConsumer | undefined
  /** What the windows of this link and of others grow by together, beside its own `poolBytes`. */
  budget?: CreditBudget | undefined
  /** First bytes of each body that are kept apart as `head`; a packet is passed on once they are there. Default 0. */
  headSize?: number | undefined
  /** The rules of the wire; {@link SEED_RULES} by default. */
  rules?: PacketRules | undefined
  /** Told of a packet that failed before anybody had it. */
  onLostPacket?: ((error: HushwireError) => void) | undefined
  /** Told when the other side has said that it takes no more packets, with its code. */
  onGoaway?: ((code: number) => void) | undefined
}

/** A link of packets. */
export type PacketLink = PacketFace & LinkControl

/**
 * Groups frames into packets, many at once in both directions (nova.md, Packets). The top of a link over `frames()`
 * and `cipher()`.
 *
 * @throws ERR_LIMIT_OPTION when a limit is out of its range
 * @example
 * ```ts
 * import { link } from 'hushwire'
 * import { cipher, frames, packets } from 'hushwire/nova'
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * const one = new Uint8Array(32).fill(1)
 * const two = new Uint8Array(32).fill(2)
 * const [a, b] = memoryPair()
 * const left = link(a, frames(), cipher({ key: { seal: one, open: two } }), packets())
 * const right = link(b, frames(), cipher({ key: { seal: two, open: one } }), packets())
 * await left.send(new TextEncoder().encode('hello'))
 * void left.close()
 * for await (const packet of right.source) {
 *   for await (const bytes of packet.source) console.log(new TextDecoder().decode(bytes))
 * }
 * await right.close()
 * ```
 */
export function packets (options: PacketsOptions = {}): Endpoint<OpenedFrame[], Frame[], PacketFace> {
  return new PacketEndpoint(options)
}

/** The endpoint of {@link packets}: its sender and its receiver, and the end of both. */
class PacketEndpoint implements Endpoint<OpenedFrame[], Frame[], PacketFace>, PacketFace, SenderEvents, ReceiverEvents {
  readonly face: PacketFace = faceOf(this)
  readonly #rules: PacketRules
  readonly #closeTimeout: number
  readonly #sender: PacketSender
  readonly #receiver: PacketReceiver
  readonly #onLostPacket: PacketsOptions['onLostPacket']
  readonly #onGoaway: PacketsOptions['onGoaway']
  /** What comes has ended, or the link must fail. */
  readonly #running = new Outcome()
  readonly #sent = new Outcome()
  readonly #read = new Outcome()
  readonly #pings: Pings
  /** Those that wait until nothing is under way. */
  #drained: Outcome | undefined
  /** What came last is a goaway, after which the stream may end. */
  #goaway = false
  /** The other side begins no more packets at all. */
  #finished = false
  #over = false
  #closing: Promise<void> | undefined

  constructor (options: PacketsOptions) {
    const { rules = SEED_RULES, slowConsumer = 'stop-reading', headSize = 0, budget } = options
    const limits = limitsOf(PACKET_LIMITS, options.limits, ['stallTimeout', 'maxWaiting', 'poolBytes'])
    const { closeTimeout, maxOutgoing, maxWaiting, maxFrame } = limits
    this.#closeTimeout = closeTimeout
    this.#onLostPacket = options.onLostPacket
    this.#onGoaway = options.onGoaway
    this.#rules = rules
    this.#sender = new PacketSender(rules, { maxActive: rules.credit === undefined ? Math.min(maxOutgoing, rules.maxOutgoing) : maxOutgoing, maxWaiting, maxFrame }, this)
    this.#pings = new Pings(this.controls)
    this.#receiver = new PacketReceiver(rules, { limits, slowConsumer, headSize, budget }, this)
  }

  get outbound (): AsyncIterable<Frame[]> { return this.#sender }
  get source (): AsyncIterable<Packet> { return this.#receiver }
  get controls (): OutgoingControls { return this.#sender.controls }

  run (source: AsyncIterable<OpenedFrame[]>): Promise<void> {
    each(source, batch => this.#take(batch, 0)).then(() => { this.#ended() }, (error: unknown) => { this.#running.reject(error) })
    return this.#running.promise
  }

  fail (cause: Error): void {
    this.#sender.fail(cause)
    this.#receiver.fail(cause)
    this.#pings.fail(cause)
    this.#end()
    this.#sent.reject(cause)
    this.#read.reject(cause)
  }

  send (source: PacketSource, options?: SendOptions): Promise<void> { return this.#sender.send(source, options) }

  ping (options?: PingOptions): Promise<number> {
    return this.#rules.credit === undefined ? Promise.reject(novaError('ERR_CONTROL_NONE')) : this.#pings.ping(options)
  }

  goaway (code: number): void {
    if (this.#rules.credit !== undefined) this.#sender.goaway(this.#receiver.refuseLater(), code)
  }

  drained (): Promise<void> {
    this.#drained ??= new Outcome()
    const { promise } = this.#drained
    this.over()
    return promise
  }

  close (): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  abort (error: Error): void { this.#running.reject(error) }
  sent (): void { this.#sent.resolve() }
  lost (error: HushwireError): void { this.#onLostPacket?.(error) }

  /** There may be nothing more to wait for. */
  over (): void {
    this.#sender.check()
    if (!this.#over && (this.#sender.size > 0 || !this.#receiver.idle)) return
    this.#drained?.resolve()
    this.#drained = undefined
  }

  /** What the other side has begun needs credit until its end; and it ends nothing before it knows that nothing more is begun. */
  mayEnd (): boolean {
    return this.#rules.credit === undefined || this.#over || this.#finished && this.#receiver.size === 0
  }

  /** Takes a record that is not about a packet that comes in. @throws ERR_CONTROL_RECORD, ERR_CONTROL_FLOOD */
  control (record: ControlRecord): void {
    const { type, packetNonce, value } = record
    if (type === CONTROL.goaway) this.#told(record)
    else if (type === CONTROL.credit || type === CONTROL.stop) this.#sender.receive(record)
    else if (packetNonce !== 0) throw novaError('ERR_CONTROL_RECORD', 'a ping of a packet')
    else if (type === CONTROL.ping) this.controls.pong(value)
    else this.#pings.answered(value)
  }

  /** Takes the frames of a batch from one on. A promise while it waits for room before the next. */
  #take (batch: readonly OpenedFrame[], from: number): Promise<void> | undefined {
    for (let at = from; at < batch.length; at++) {
      this.#goaway = false
      this.#receiver.receive(batch[at] as OpenedFrame)
      const room = this.#receiver.room()
      if (room !== undefined) return this.#waitForRoom(room).then(() => this.#take(batch, at + 1))
    }
    return undefined
  }

  async #waitForRoom (first: Promise<void>): Promise<void> {
    for (let room: Promise<void> | undefined = first; room !== undefined; room = this.#receiver.room()) await room
  }

  /** All that comes has been read. */
  #ended (): void {
    if (this.#rules.goaway && !this.#goaway) {
      this.#running.reject(novaError('ERR_LINK_TRUNCATED'))
      return
    }
    this.#receiver.end()
    this.#end()
    this.#read.resolve()
    // the other side of a hardened link is gone for good; the seed's half-close leaves the own direction open
    if (this.#rules.goaway) this.close().catch(ignore)
    this.#running.resolve()
  }

  #told ({ packetNonce, value }: ControlRecord): void {
    // one that names a packet goes before others, which may begin until then
    const last = this.#rules.credit === undefined || packetNonce === LAST_NONCE
    this.#goaway = last
    this.#finished ||= last
    if (this.#sender.refuseAbove(packetNonce)) this.#onGoaway?.(value)
    if (this.#rules.credit === undefined || !last) return
    // nothing that we might begin is taken any more
    this.close().catch(ignore)
    // and an end that is under way may have waited for this alone
    this.#sender.check()
  }

  /** The other side is heard no more. */
  #end (): void {
    this.#over = true
    this.over()
  }

  async #close (): Promise<void> {
    this.#sender.close(GOAWAY_CODES.done)
    const timer = setTimeout(() => {
      this.#running.reject(novaError('ERR_LINK_CLOSE_TIMEOUT'))
    }, this.#closeTimeout)
    try {
      await Promise.all([this.#sent.promise, this.#read.promise])
    } catch (error) {
      throw asError(error)
    } finally {
      clearTimeout(timer)
    }
  }
}
