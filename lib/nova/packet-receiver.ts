import { Channel, PolledIterator, SparseMap, type HushwireError } from '../stream/index.js'
import { CONTROL, decodeRecords, type ControlRecord } from './control.js'
import type { CreditBudget } from './credit-budget.js'
import { novaError } from './errors.js'
import type { Frame } from './frame.js'
import { IncomingPacket, type PacketAccount } from './incoming-packet.js'
import type { OpenedFrame } from './opening.js'
import type { OutgoingControls } from './outgoing-controls.js'
import type { PacketRules } from './packet-rules.js'
import { ReceiveCredit } from './receive-credit.js'
import type { RECEIVE_LIMITS, SlowConsumer } from './receive-limits.js'
import { ReceiveRoom, type PacketHolder } from './receive-room.js'
import { resetError } from './reset-codes.js'

/** How a receiver is made. */
export interface ReceiverOptions {
  readonly limits: Readonly<Record<keyof typeof RECEIVE_LIMITS, number>>
  readonly slowConsumer: SlowConsumer
  readonly headSize: number
  /** What the windows of all links of a server grow by. */
  readonly budget: CreditBudget | undefined
}

/** What the receiver tells its endpoint. */
export interface ReceiverEvents {
  /** Takes what is to be told to the other side. */
  readonly controls: OutgoingControls
  /** A control record of part 2 that is not about a packet that comes in. */
  control(record: ControlRecord): void
  /** A packet failed before anybody had it. */
  lost(error: HushwireError): void
  /** A packet is over on the wire, or done with. */
  over(): void
}

/** Sorts the frames that arrive into packets (nova.md, Packets: Receiving); sans I/O. */
export class PacketReceiver extends PolledIterator<IncomingPacket> implements PacketAccount, PacketHolder {
  /** Packets, as soon as their head is there. */
  readonly #packets: Channel<IncomingPacket>
  readonly #rules: PacketRules
  readonly #limits: ReceiverOptions['limits']
  readonly #headSize: number
  readonly #events: ReceiverEvents
  readonly #open = new SparseMap<number, IncomingPacket>()
  /** What bounds what waits: credit where the link has it, else room. */
  readonly #credit: ReceiveCredit | undefined
  readonly #room: ReceiveRoom | undefined
  #held = 0
  #error: Error | undefined
  #nextNonce: number
  #nextControl: number
  /** Packets with a higher nonce are passed over. */
  #lastServed = Infinity

  constructor (rules: PacketRules, { limits, slowConsumer, headSize, budget }: ReceiverOptions, events: ReceiverEvents) {
    super()
    this.#rules = rules
    this.#limits = limits
    this.#headSize = headSize
    this.#events = events
    this.#nextNonce = rules.firstNonce
    this.#nextControl = rules.remoteControlNonce
    if (rules.credit === undefined) {
      this.#room = new ReceiveRoom(limits, slowConsumer, this)
      this.#packets = new Channel<IncomingPacket>({ maxItems: limits.maxUnread, sizeOf: nothing })
    } else {
      this.#credit = new ReceiveCredit(rules.credit.receive, limits, events.controls, budget)
      // each of them counts until it is taken, so there are never more than maxIncoming
      this.#packets = new Channel<IncomingPacket>({ maxItems: Infinity, sizeOf: nothing, onTake: (_bytes, packet) => { this.#handed(packet) } })
    }
  }

  /** Packets in flight. */
  get size (): number { return this.#open.size }
  get inFlight (): IncomingPacket[] { return Array.from(this.#open, ([, packet]) => packet) }
  /** Bytes that wait for readers. */
  get held (): number { return this.#held }
  /** Packets that wait to be taken. */
  get waiting (): number { return this.#packets.length }
  /** True when nothing is in flight, nor waits for a reader. */
  get idle (): boolean { return this.#open.size === 0 && (this.#credit?.packets ?? 0) === 0 && this.#room?.idle !== false }

  /** The next packet, as soon as its head is there. */
  poll (wake: () => void): IteratorResult<IncomingPacket> | undefined { return this.#packets.poll(wake) }

  /** Nobody wants packets any more: what is queued or comes later is dropped. */
  return (): Promise<IteratorResult<IncomingPacket>> {
    for (let waiting = this.#packets.length; waiting > 0; waiting--) {
      void this.#packets.next().then(({ value }) => (value as IncomingPacket).source.return())
    }
    return this.#packets.return()
  }

  /**
   * Takes one frame. Its content is copied unless it was opened, and is new memory then.
   *
   * @throws a fatal error where the rules of the link are broken
   */
  receive (frame: OpenedFrame): void {
    if (this.#error !== undefined) throw this.#error
    if ('error' in frame) {
      this.#fail(frame.packetNonce, frame.error)
    } else if (frame.packetNonce === 0) {
      this.#control(frame)
    } else {
      const packet = this.#open.get(frame.packetNonce) ?? this.#begin(frame)
      if (packet !== undefined) this.#continue(packet, frame)
    }
  }

  /**
   * A promise while nothing more may be read from the wire, because a reader is behind. Never on a link with credit.
   *
   * It resolves when there may be room again; a packet that is full for `stallTimeout` fails.
   */
  room (): Promise<void> | undefined {
    if (this.#error !== undefined || this.#room === undefined) return undefined
    return this.#room.wait() ?? this.#packets.room()
  }

  /** Passes over the packets that have not begun. @returns the last nonce that is served */
  refuseLater (): number {
    this.#lastServed = Math.min(this.#lastServed, this.#nextNonce - 1)
    return this.#lastServed
  }

  /** The wire has ended: what is open is truncated, the rest is as it is. */
  end (): void {
    for (const [nonce] of [...this.#open]) this.#fail(nonce, novaError('ERR_PACKET_TRUNCATED'))
    this.#credit?.end()
    this.#packets.end()
  }

  /** The link has failed: everybody gets the error. */
  fail (error: Error): void {
    this.#error ??= error
    for (const [, packet] of this.#open) {
      packet.over = true
      packet.fail(error)
    }
    this.#open.clear()
    this.#credit?.end()
    this.#packets.fail(error)
    this.#room?.end()
  }

  #begin (frame: Frame): IncomingPacket | undefined {
    if (frame.frameNonce !== 1) {
      // the rest of a packet that has failed, or of one that never opened
      if (this.#rules.ordered && frame.packetNonce <= this.#lastServed) throw novaError('ERR_PACKET_PROTOCOL', 'a frame of a packet that is not open')
      return undefined
    }
    const { maxIncoming, packetBytes } = this.#limits
    if (this.#rules.ordered && frame.packetNonce !== this.#nextNonce) throw novaError('ERR_PACKET_PROTOCOL', 'packets begin in the order of their nonces')
    if (this.#credit === undefined && this.#open.size >= maxIncoming) throw novaError('ERR_PACKET_TOO_MANY', `${maxIncoming}`)
    this.#nextNonce = frame.packetNonce + 1
    if (frame.packetNonce > this.#lastServed) return undefined
    const packet = new IncomingPacket(frame.packetNonce, this.#headSize, packetBytes, this.#rules.credit?.receive, this)
    this.#credit?.begin()
    this.#open.set(packet.nonce, packet)
    if (packet.headed) this.#announce(packet)
    return packet
  }

  #continue (packet: IncomingPacket, frame: Frame): void {
    if (!packet.follows(frame.frameNonce)) return this.#break(packet, novaError('ERR_PACKET_SEQUENCE'))
    if (frame.terminating && frame.size > 0 && !this.#rules.terminatorCarries) return this.#break(packet, novaError('ERR_PACKET_TERMINATOR'))
    if (!frame.terminating && frame.size === 0 && this.#rules.terminatorCarries) throw novaError('ERR_PACKET_PROTOCOL', 'an empty frame that ends nothing')
    this.#credit?.spend(packet, frame.size)
    const headed = packet.headed
    // what is terminated needs no credit any more, so that reading it gives none
    packet.over = frame.terminating
    for (const piece of frame.content) {
      // apart from the sum: a reader that waits takes its bytes off it while they are written
      const bytes = packet.write(frame.encrypted ? piece : new Uint8Array(piece))
      this.#held += bytes
    }
    const begins = !headed && packet.headed
    // until it is taken it counts, whole or not
    packet.waiting ||= begins && !this.#packets.returned
    if (frame.terminating) this.#terminate(packet)
    else if (this.#credit !== undefined) this.#credit.give(packet)
    else if (packet.source.full) this.#room?.full(packet)
    // last, so that whoever takes it at once has all that there is
    if (begins) this.#announce(packet)
  }

  #terminate (packet: IncomingPacket): void {
    this.#open.delete(packet.nonce)
    this.#room?.whole(packet)
    if (packet.headed) packet.source.end()
    else this.#events.lost(novaError('ERR_ROUTED_SHORT'))
    this.#over(packet)
  }

  #announce (packet: IncomingPacket): void {
    if (this.#packets.returned) void packet.source.return()
    else {
      packet.waiting = true
      void this.#packets.push(packet)
    }
  }

  /** Somebody has taken a packet, which may be over already. */
  #handed (packet: IncomingPacket | undefined): void {
    if (packet === undefined) return
    packet.waiting = false
    if (packet.over && !this.#open.has(packet.nonce)) this.#over(packet)
  }

  /** A violation of the sequence: of one packet on the seed's wire, of the link on a hardened one. */
  #break (packet: IncomingPacket, error: HushwireError): void {
    if (this.#rules.ordered) throw novaError('ERR_PACKET_PROTOCOL', error.message)
    this.#fail(packet.nonce, error)
  }

  #fail (nonce: number, error: HushwireError, options: { discard?: boolean } = {}): void {
    const packet = this.#open.get(nonce)
    if (packet === undefined) return
    // on a hardened link what still comes of it is known to be its own, and is dropped as it comes; on the seed's
    // wire frames of a packet that is not open are passed over anyway
    if (!this.#rules.ordered) this.#open.delete(nonce)
    if (!packet.headed) this.#events.lost(error)
    packet.fail(error, options)
    this.#room?.failed(packet)
  }

  #control (frame: Frame): void {
    if (!this.#rules.ordered || frame.terminating || frame.frameNonce !== this.#nextControl) throw novaError('ERR_PACKET_PROTOCOL', 'a control frame out of place')
    this.#nextControl++
    for (const record of decodeRecords(frame)) {
      // the cipher has gone on to the next key already
      if (record.type === CONTROL.rekey) continue
      if (record.type !== CONTROL.goaway && (this.#rules.credit === undefined || record.type < CONTROL.credit || record.type > CONTROL.rekey)) throw novaError('ERR_CONTROL_RECORD', `type ${record.type}`)
      if (record.type === CONTROL.reset) this.#reset(record)
      else this.#events.control(record)
    }
  }

  /** The other side has given one of its packets up. One that is over is nothing to anybody any more. */
  #reset ({ packetNonce, value }: ControlRecord): void {
    if (packetNonce === 0 || packetNonce >= this.#nextNonce) throw novaError('ERR_CONTROL_RECORD', 'a reset of a packet that never was')
    const packet = this.#open.get(packetNonce)
    if (packet === undefined) return
    this.#open.delete(packetNonce)
    packet.over = true
    const error = resetError(value)
    if (!packet.headed) this.#events.lost(error)
    packet.fail(error, { discard: true })
    this.#over(packet)
  }

  #over (packet: IncomingPacket): void {
    this.#credit?.settle(packet)
    this.#events.over()
  }

  /** Of a packet's account: its reader has taken bytes. */
  taken (packet: IncomingPacket, bytes: number): void {
    this.#held -= bytes
    this.#room?.taken(packet)
    if (this.#credit === undefined) return
    this.#credit.taken(packet, bytes)
    // while its last frame is being written it is still open
    if (packet.over && !this.#open.has(packet.nonce)) this.#over(packet)
  }

  /** Of a packet's account: its reader has left. */
  left (packet: IncomingPacket, code: number): void {
    if (this.#credit !== undefined && this.#error === undefined) this.#events.controls.add(CONTROL.stop, packet.nonce, code)
  }

  /** Of a link without credit: a packet in flight fails, with what waits of it. */
  giveUp (packet: IncomingPacket, error: HushwireError): void { this.#fail(packet.nonce, error, { discard: true }) }
}

/** Packets that wait are counted, not weighed. */
function nothing (): number { return 0 }
