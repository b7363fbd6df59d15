import { Channel, deferred, type Deferred, type HushwireError } from '../stream/index.js'
import type { OpenedFrame } from './cipher.js'
import { CONTROL, decodeRecords, type ControlRecord } from './control.js'
import { novaError } from './errors.js'
import type { Frame } from './frame.js'
import { IncomingPacket, type Packet } from './incoming-packet.js'
import type { PacketRules } from './packet-rules.js'

/** The limits of what comes in and their defaults. */
export const RECEIVE_LIMITS = {
  /** Bytes that one packet holds for its reader; one frame more may come. */
  packetBytes: 262_144,
  /** Bytes that all packets of a link hold together. */
  linkBytes: 4_194_304,
  /** Packets in flight, from the first frame to the terminating one. */
  maxIncoming: 1024,
  /** Packets that wait to be taken from `source`. */
  maxUnread: 1024,
  /** Milliseconds for which full packets may keep the link from reading; 0 = for ever. */
  stallTimeout: 30_000
} as const

/** What happens when a packet is full: reading stops for the link, or that packet fails and the rest goes on. */
export type SlowConsumer = 'stop-reading' | 'fail-packet'

/** What the receiver tells its endpoint. */
export interface ReceiverOptions {
  readonly limits: Readonly<Record<keyof typeof RECEIVE_LIMITS, number>>
  readonly slowConsumer: SlowConsumer
  readonly headSize: number
  /** A control record of part 2. */
  readonly onControl: (record: ControlRecord) => void
  /** A packet failed before anybody had it. */
  readonly onLost: (error: HushwireError) => void
}

/** Sorts the frames that arrive into packets (nova.md, Packets: Receiving); sans I/O. */
export class PacketReceiver {
  /** Packets, as soon as their head is there. */
  readonly packets: Channel<Packet>
  readonly #rules: PacketRules
  readonly #options: ReceiverOptions
  readonly #open = new Map<number, IncomingPacket>()
  readonly #packetBytes: number
  readonly #linkBytes: number
  readonly #maxIncoming: number
  #held = 0
  #error: Error | undefined
  #nextNonce: number
  #nextControl: number
  #room: Deferred<void> | undefined
  /** Packets in flight whose readers are behind. */
  readonly #full = new Set<IncomingPacket>()
  /** Whole packets that still hold bytes for their readers. */
  readonly #unread = new Set<IncomingPacket>()

  constructor (rules: PacketRules, options: ReceiverOptions) {
    this.#rules = rules
    this.#options = options
    this.#packetBytes = options.limits.packetBytes
    this.#linkBytes = options.limits.linkBytes
    this.#maxIncoming = options.limits.maxIncoming
    this.#nextNonce = rules.firstNonce
    this.#nextControl = rules.remoteControlNonce
    this.packets = new Channel<Packet>({ maxItems: options.limits.maxUnread, sizeOf: () => 0 })
  }

  /** Packets in flight. */
  get size (): number { return this.#open.size }
  /** Bytes that wait for readers. */
  get held (): number { return this.#held }

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
   * A promise while nothing more may be read from the wire, because a reader is behind.
   *
   * It resolves when there may be room again; a packet that is full for `stallTimeout` fails.
   */
  room (): Promise<void> | undefined {
    if (this.#error !== undefined) return undefined
    if (!this.#blocked()) return this.packets.room()
    this.#room = deferred()
    const timeout = this.#options.limits.stallTimeout
    if (timeout === 0) return this.#room.promise
    const timer = setTimeout(() => { this.#stalled() }, timeout)
    return this.#room.promise.finally(() => { clearTimeout(timer) })
  }

  /** The wire has ended: what is open is truncated, the rest is as it is. */
  end (): void {
    for (const nonce of [...this.#open.keys()]) this.#fail(nonce, novaError('ERR_PACKET_TRUNCATED'))
    this.packets.end()
  }

  /** Nobody wants packets any more: what is queued or comes later is dropped. */
  refuse (): void {
    for (let waiting = this.packets.length; waiting > 0; waiting--) {
      void this.packets.next().then(({ value }) => (value as IncomingPacket).source.return())
    }
    void this.packets.return()
  }

  /** The link has failed: everybody gets the error. */
  fail (error: Error): void {
    this.#error ??= error
    for (const packet of this.#open.values()) packet.fail(error)
    this.#open.clear()
    this.#full.clear()
    this.packets.fail(error)
    this.#wake()
  }

  #begin (frame: Frame): IncomingPacket | undefined {
    if (frame.frameNonce !== 1) {
      // the rest of a packet that has failed, or of one that never opened
      if (this.#rules.ordered) throw novaError('ERR_PACKET_PROTOCOL', 'a frame of a packet that is not open')
      return undefined
    }
    if (this.#rules.ordered && frame.packetNonce !== this.#nextNonce) throw novaError('ERR_PACKET_PROTOCOL', 'packets begin in the order of their nonces')
    if (this.#open.size >= this.#maxIncoming) throw novaError('ERR_PACKET_TOO_MANY', `${this.#maxIncoming}`)
    this.#nextNonce = frame.packetNonce + 1
    const packet = new IncomingPacket(frame.packetNonce, this.#options.headSize, this.#packetBytes, (packet, bytes) => { this.#taken(packet, bytes) })
    this.#open.set(packet.nonce, packet)
    if (packet.headed) this.#announce(packet)
    return packet
  }

  #continue (packet: IncomingPacket, frame: Frame): void {
    if (!packet.follows(frame.frameNonce)) return this.#break(packet, novaError('ERR_PACKET_SEQUENCE'))
    if (frame.terminating && frame.size > 0 && !this.#rules.terminatorCarries) return this.#break(packet, novaError('ERR_PACKET_TERMINATOR'))
    if (!frame.terminating && frame.size === 0 && this.#rules.terminatorCarries) throw novaError('ERR_PACKET_PROTOCOL', 'an empty frame that ends nothing')
    const headed = packet.headed
    for (const piece of frame.content) {
      // apart from the sum: a reader that waits takes its bytes off it while they are written
      const bytes = packet.write(frame.encrypted ? piece : new Uint8Array(piece))
      this.#held += bytes
    }
    if (!headed && packet.headed) this.#announce(packet)
    if (frame.terminating) this.#terminate(packet)
    else if (packet.source.full && this.#options.slowConsumer === 'fail-packet') this.#fail(packet.nonce, novaError('ERR_PACKET_SLOW'), { discard: true })
    else if (packet.source.full) this.#full.add(packet)
  }

  #terminate (packet: IncomingPacket): void {
    this.#open.delete(packet.nonce)
    this.#full.delete(packet)
    if (packet.source.bytes > 0) this.#unread.add(packet)
    if (packet.headed) packet.source.end()
    else this.#options.onLost(novaError('ERR_ROUTED_SHORT'))
  }

  #announce (packet: IncomingPacket): void {
    if (this.packets.returned) void packet.source.return()
    else void this.packets.push(packet)
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
    if (!packet.headed) this.#options.onLost(error)
    packet.fail(error, options)
    this.#full.delete(packet)
    this.#wakeIfRoom()
  }

  #control (frame: Frame): void {
    if (!this.#rules.ordered || frame.terminating || frame.frameNonce !== this.#nextControl) throw novaError('ERR_PACKET_PROTOCOL', 'a control frame out of place')
    this.#nextControl++
    for (const record of decodeRecords(frame)) {
      // the cipher has gone on to the next key already
      if (record.type === CONTROL.rekey) continue
      if (record.type !== CONTROL.goaway) throw novaError('ERR_CONTROL_RECORD', `type ${record.type}`)
      this.#options.onControl(record)
    }
  }

  #blocked (): boolean {
    return this.#held >= this.#linkBytes || this.#full.size > 0
  }

  #taken (packet: IncomingPacket, bytes: number): void {
    this.#held -= bytes
    if (!packet.source.full) this.#full.delete(packet)
    if (packet.source.bytes === 0) this.#unread.delete(packet)
    this.#wakeIfRoom()
  }

  /** Fails the packet that holds most, in flight or whole and not read. */
  #stalled (): void {
    let fullest: IncomingPacket | undefined
    for (const packet of [...this.#open.values(), ...this.#unread]) if (packet.source.bytes > (fullest?.source.bytes ?? 0)) fullest = packet
    const error = novaError('ERR_PACKET_STALLED')
    if (fullest !== undefined && this.#unread.has(fullest)) fullest.fail(error, { discard: true })
    else if (fullest !== undefined) this.#fail(fullest.nonce, error, { discard: true })
    // if that was not enough, the next one has as long again
    this.#wake()
  }

  #wakeIfRoom (): void {
    if (!this.#blocked()) this.#wake()
  }

  #wake (): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}
