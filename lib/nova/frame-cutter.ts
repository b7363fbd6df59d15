import { recordFrames, type ControlRecord } from './control.js'
import { novaError } from './errors.js'
import { LAST_NONCE, type Frame } from './frame.js'
import type { OutgoingPacket } from './outgoing-packet.js'
import type { PacketRules } from './packet-rules.js'

/** Room for a routing header or the heads of chunks, so that what is made 64 or 256 KiB at a time fits one frame. */
const HEADS = 1024
/** Frames while packets share the link. */
const SHARED_FRAME = 65_536 + HEADS
/** Frames while one packet flows alone. */
const ALONE_FRAME = 262_144 + HEADS

/** Cuts what is to be sent into frames, and gives them their nonces. */
export class FrameCutter {
  readonly #terminatorCarries: boolean
  readonly #maxFrame: number
  #nextNonce: number
  #controlNonce: number

  /** @param maxFrame - content bytes of the largest frame */
  constructor (rules: PacketRules, maxFrame: number) {
    this.#terminatorCarries = rules.terminatorCarries
    this.#maxFrame = maxFrame
    this.#nextNonce = rules.firstNonce
    this.#controlNonce = rules.controlNonce
  }

  /** The nonce of the next packet that begins. */
  get nextNonce (): number { return this.#nextNonce }

  /** Puts control records into frames behind those that are there. @throws ERR_PACKET_EXHAUSTED */
  controls (frames: Frame[], records: readonly ControlRecord[]): void {
    for (const content of recordFrames(records)) {
      if (this.#controlNonce > LAST_NONCE) throw novaError('ERR_PACKET_EXHAUSTED')
      frames.push({ packetNonce: 0, frameNonce: this.#controlNonce++, terminating: false, encrypted: false, size: content.byteLength, content: [content] })
    }
  }

  /**
   * Puts the next frame of a packet behind those that are there, and at its end the terminating one.
   *
   * @param alone - nothing else is being sent
   * @returns the bytes that it has taken, and whether they were the packet's last
   */
  packet (frames: Frame[], packet: OutgoingPacket, alone: boolean): { size: number, last: boolean } {
    if (packet.nonce === 0) packet.nonce = this.#nextNonce++
    const room = Math.min(alone ? ALONE_FRAME : SHARED_FRAME, this.#maxFrame, packet.room)
    const { pieces, size, last } = packet.take(room)
    packet.credit -= size
    const ends = last && this.#terminatorCarries
    if (size > 0 || ends) frames.push(frameOf(packet, pieces, size, ends))
    if (last && !ends) frames.push(frameOf(packet, [], 0, true))
    return { size, last }
  }
}

/** @throws ERR_PACKET_TOO_LONG */
function frameOf (packet: OutgoingPacket, content: Uint8Array[], size: number, terminating: boolean): Frame {
  const frameNonce = ++packet.frameNonce
  if (frameNonce >= LAST_NONCE && !terminating) throw novaError('ERR_PACKET_TOO_LONG')
  return { packetNonce: packet.nonce, frameNonce, terminating, encrypted: false, size, content }
}
