import { SparseMap } from '../stream/index.js'
import { MAX_CREDIT, type ControlRecord } from './control.js'
import { novaError } from './errors.js'
import type { OutgoingPacket } from './outgoing-packet.js'

/**
 * What the other side lets us send (nova.md, Control): bytes of each packet under way, and packets that may begin. Without credit
 * on the link there is no bound here.
 */
export class SendCredit {
  readonly #window: number | undefined
  readonly #packets = new SparseMap<number, OutgoingPacket>()
  #allowance: number

  /** @param window - what each packet begins with; undefined on a link without credit */
  constructor (window: number | undefined, maxPackets: number) {
    this.#window = window
    this.#allowance = window === undefined ? Infinity : maxPackets
  }

  /** True when the link has credit. */
  get exists (): boolean { return this.#window !== undefined }
  /** True when one more packet may begin. */
  get mayBegin (): boolean { return this.#allowance > 0 }

  /** A packet is about to be begun. */
  begin (packet: OutgoingPacket): void {
    this.#allowance--
    if (this.#window !== undefined) packet.credit = packet.peak = this.#window
  }

  /** It was given up before its first frame: another one may begin instead. */
  unbegin (): void {
    this.#allowance++
  }

  /** A packet goes on after its first frame. */
  follow (packet: OutgoingPacket): void {
    if (this.#window !== undefined) this.#packets.set(packet.nonce, packet)
  }

  /** A packet is over. */
  forget (packet: OutgoingPacket): void {
    this.#packets.delete(packet.nonce)
  }

  /** The packet that a record is about, if it is under way. @throws ERR_CONTROL_RECORD when there never was one */
  find ({ packetNonce }: ControlRecord, nextNonce: number): OutgoingPacket | undefined {
    if (packetNonce === 0 || packetNonce >= nextNonce) throw novaError('ERR_CONTROL_RECORD', 'about a packet that never was')
    return this.#packets.get(packetNonce)
  }

  /** So many more packets may begin. @throws ERR_CONTROL_RECORD */
  morePackets (count: number): void {
    this.#allowance = sum(this.#allowance, count)
  }

  /** So many more bytes of a packet may be sent. @returns true when it waited for that @throws ERR_CONTROL_RECORD */
  moreBytes (packet: OutgoingPacket, count: number): boolean {
    const { blocked } = packet
    packet.credit = sum(packet.credit, count)
    packet.peak = Math.max(packet.peak, packet.credit)
    return blocked
  }
}

function sum (credit: number, more: number): number {
  if (more === 0 || credit + more > MAX_CREDIT) throw novaError('ERR_CONTROL_RECORD', `credit of ${more}`)
  return credit + more
}
