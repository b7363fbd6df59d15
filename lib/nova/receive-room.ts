import { deferred, SparseSet, type Deferred, type HushwireError } from '../stream/index.js'
import { novaError } from './errors.js'
import type { IncomingPacket } from './incoming-packet.js'
import type { SlowConsumer } from './receive-limits.js'

/** Limits of what waits for readers on a link without credit. */
interface RoomLimits {
  readonly linkBytes: number
  readonly stallTimeout: number
}

/** Whose readers it is about. */
export interface PacketHolder {
  /** Bytes that wait for readers. */
  readonly held: number
  /** Packets of which more is to come. */
  readonly inFlight: readonly IncomingPacket[]
  /** Fails one of those. */
  giveUp(packet: IncomingPacket, error: HushwireError): void
}

/**
 * Room for what waits for readers on a link without credit. There is none while one packet is full or all of them hold as much as
 * the link may, and nothing is read from the wire until there is again.
 */
export class ReceiveRoom {
  readonly #limits: RoomLimits
  readonly #slowConsumer: SlowConsumer
  readonly #holder: PacketHolder
  /** Packets in flight whose readers are behind. */
  readonly #full = new SparseSet<IncomingPacket>()
  /** Whole packets that still hold bytes for their readers. */
  readonly #unread = new SparseSet<IncomingPacket>()
  #room: Deferred<void> | undefined

  constructor (limits: RoomLimits, slowConsumer: SlowConsumer, holder: PacketHolder) {
    this.#limits = limits
    this.#slowConsumer = slowConsumer
    this.#holder = holder
  }

  /** True when nothing waits for a reader. */
  get idle (): boolean { return this.#unread.size === 0 }

  /** A promise while there is none: it resolves when there may be some again. */
  wait (): Promise<void> | undefined {
    if (!this.#blocked) return undefined
    this.#room = deferred()
    const { stallTimeout } = this.#limits
    if (stallTimeout === 0) return this.#room.promise
    const timer = setTimeout(() => { this.#stall() }, stallTimeout)
    return this.#room.promise.finally(() => { clearTimeout(timer) })
  }

  /** A packet in flight has more than its reader keeps up with. */
  full (packet: IncomingPacket): void {
    if (this.#slowConsumer === 'fail-packet') this.#holder.giveUp(packet, novaError('ERR_PACKET_SLOW'))
    else this.#full.add(packet)
  }

  /** A packet has all that comes of it. */
  whole (packet: IncomingPacket): void {
    this.#full.delete(packet)
    if (packet.source.bytes > 0) this.#unread.add(packet)
  }

  /** A packet in flight has failed. */
  failed (packet: IncomingPacket): void {
    this.#full.delete(packet)
    this.#wakeIfRoom()
  }

  /** A reader has taken bytes of a packet. */
  taken (packet: IncomingPacket): void {
    if (!packet.source.full) this.#full.delete(packet)
    if (packet.source.bytes === 0) this.#unread.delete(packet)
    this.#wakeIfRoom()
  }

  /** Nothing comes any more. */
  end (): void {
    this.#full.clear()
    this.#wake()
  }

  get #blocked (): boolean { return this.#holder.held >= this.#limits.linkBytes || this.#full.size > 0 }

  /** There was no room for too long: the packet that holds most fails, in flight or whole and not read. */
  #stall (): void {
    const [open, unread] = [fullest(this.#holder.inFlight), fullest(this.#unread)]
    const error = novaError('ERR_PACKET_STALLED')
    if (open !== undefined && open.source.bytes >= (unread?.source.bytes ?? 0)) this.#holder.giveUp(open, error)
    else unread?.fail(error, { discard: true })
    // if that was not enough, the next one has as long again
    this.#wake()
  }

  #wakeIfRoom (): void {
    if (!this.#blocked) this.#wake()
  }

  #wake (): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}

/** The packet that holds most. */
function fullest (packets: Iterable<IncomingPacket>): IncomingPacket | undefined {
  let most: IncomingPacket | undefined
  for (const packet of packets) if (packet.source.bytes > (most?.source.bytes ?? 0)) most = packet
  return most
}
