import { PolledIterator, SparseSet } from '../stream/index.js'
import { BatchReader, type Batch } from './batch-reader.js'
import { CONTROL, GOAWAY_CODES, type ControlRecord } from './control.js'
import { novaError } from './errors.js'
import { LAST_NONCE, type Frame } from './frame.js'
import { FrameCutter } from './frame-cutter.js'
import { OutgoingControls } from './outgoing-controls.js'
import { OutgoingPacket } from './outgoing-packet.js'
import { PacketNonces } from './packet-nonces.js'
import type { PacketRules } from './packet-rules.js'
import { notIterable, pump, type PacketSource, type PumpEvents, type SendLimits, type SendOptions } from './packet-source.js'
import { ReadyQueue } from './ready-queue.js'
import { resetCodeOf, resetError } from './reset-codes.js'
import { SendCredit } from './send-credit.js'
import type { SenderEvents } from './sender-events.js'
import { SendingEnd } from './sending-end.js'

/** A batch takes no more frames from this many bytes on. */
const BATCH = 65_536
const MAX_BATCH_FRAMES = 256
const NO_HEAD = new Uint8Array(0)

/**
 * Cuts the packets being sent into batches of frames, taking turns frame by frame (nova.md, Packets: Sending).
 * A batch is valid until the next one is asked for.
 */
export class PacketSender extends PolledIterator<Frame[]> implements PumpEvents {
  readonly #reader = new BatchReader(this)
  /** What is to be told to the other side. */
  readonly controls = new OutgoingControls(this.#reader)
  readonly #rules: PacketRules
  readonly #limits: SendLimits
  readonly #events: SenderEvents
  readonly #credit: SendCredit
  readonly #cutter: FrameCutter
  readonly #nonces: PacketNonces
  readonly #end: SendingEnd
  readonly #active = new SparseSet<OutgoingPacket>()
  readonly #waiting: Array<{ packet: OutgoingPacket, start: () => void }> = []
  #starting = false
  readonly #ready = new ReadyQueue(this.#reader)
  /** Packets of the batch that is on its way to the wire. */
  readonly #batch: OutgoingPacket[] = []
  #refusal: Error | undefined
  /** The last nonce that the other side still serves. */
  #served = Infinity
  #error: Error | undefined

  constructor (rules: PacketRules, limits: SendLimits, events: SenderEvents) {
    super()
    this.#rules = rules
    this.#limits = limits
    this.#events = events
    this.#credit = new SendCredit(rules.credit?.send, rules.maxOutgoing)
    this.#cutter = new FrameCutter(rules, limits.maxFrame)
    this.#nonces = new PacketNonces(rules)
    this.#end = new SendingEnd(rules.goaway)
  }

  /** Packets in flight or waiting. */
  get size (): number { return this.#active.size + this.#waiting.length }

  /** @returns a promise that resolves when the packet's last frame has been handed to the wire */
  send (source: PacketSource, options: SendOptions = {}): Promise<void> {
    const refusal = this.#error ?? this.#refusal ?? notIterable(source) ?? this.#tooMany() ?? this.#exhausted()
    if (refusal !== undefined) return Promise.reject(refusal)
    this.#nonces.reserve()
    const packet = new OutgoingPacket()
    if (source instanceof Uint8Array) packet.whole(options.head ?? NO_HEAD, source)
    else if (options.head !== undefined) packet.begin(options.head)
    const start = (): void => {
      this.#active.add(packet)
      this.#credit.begin(packet)
      this.#pump(packet, source, options)
    }
    if (this.#mayBegin) start()
    else this.#waiting.push({ packet, start })
    return packet.done.promise
  }

  /** Takes no more packets; what is in flight is finished, then the link's end is sent. */
  close (code: number, refusal: Error = novaError('ERR_LINK_CLOSING')): void {
    if (!this.#end.close(code)) return
    this.#refusal ??= refusal
    this.#reader.wake()
  }

  /** Tells the other side to begin no more packets than those up to `last`; what is sent goes on. */
  goaway (last: number, code: number): void {
    if (this.#error === undefined && !this.#end.ended) this.controls.add(CONTROL.goaway, last, code)
  }

  /**
   * Takes a record of the other side about what is sent.
   *
   * @throws ERR_CONTROL_RECORD
   */
  receive (record: ControlRecord): void {
    if (record.type === CONTROL.credit && record.packetNonce === 0) {
      this.#credit.morePackets(record.value)
      this.#startWaiting()
      return
    }
    const packet = this.#credit.find(record, this.#cutter.nextNonce)
    if (packet === undefined) return
    if (record.type === CONTROL.stop) {
      this.#reset(packet, resetError(record.value))
    } else if (this.#credit.moreBytes(packet, record.value)) {
      this.#ready.push(packet)
    }
  }

  /** The end was given. */
  ended (): void { this.#events.sent() }

  /** There may be nothing more to wait for. */
  check (): void {
    if (this.#end.closing) this.#reader.wake()
  }

  /**
   * The other side has said goaway: packets above `last`, and those that have no nonce yet, are refused.
   *
   * @returns false when that was so before: a frame full of goaways must not cost an error each
   */
  refuseAbove (last: number): boolean {
    const served = Math.min(last, this.#cutter.nextNonce - 1)
    if (served >= this.#served) return false
    this.#served = served
    const error = novaError('ERR_LINK_GOAWAY')
    this.#refusal = error
    for (const { packet } of this.#waiting.splice(0)) packet.done.reject(error)
    for (const packet of this.#active) if (packet.nonce === 0 || packet.nonce > last) this.#drop(packet, error)
    this.#reader.wake()
    return true
  }

  /** Everything that waits gets the error. */
  fail (error: Error): void {
    if (this.#error !== undefined) return
    this.#error = error
    for (const { packet } of this.#waiting.splice(0)) packet.done.reject(error)
    for (const packet of this.#active) this.#drop(packet, error)
    // whole, but not known to have been written
    for (const packet of this.#batch.splice(0)) packet.done.reject(error)
    this.#reader.flush()
  }

  poll (wake: () => void): Batch | undefined {
    this.#release()
    if (this.#error !== undefined) throw this.#error
    return this.#reader.poll(wake)
  }

  return (): Promise<Batch> {
    // whoever lets go of this mostly tells the cause as well, and right after
    queueMicrotask(() => { this.fail(novaError('ERR_LINK_CLOSING')) })
    return Promise.resolve({ value: undefined, done: true })
  }

  wants (packet: OutgoingPacket): boolean { return this.#active.has(packet) }

  offer (packet: OutgoingPacket): void { this.#ready.offer(packet) }

  finish (packet: OutgoingPacket): void {
    if (!this.#active.has(packet)) return
    packet.finish()
    this.#ready.push(packet)
  }

  get #mayBegin (): boolean {
    return this.#active.size < this.#limits.maxActive && this.#credit.mayBegin
  }

  #tooMany (): Error | undefined {
    return !this.#mayBegin && this.#waiting.length >= this.#limits.maxWaiting ? novaError('ERR_PACKET_QUEUE', `${this.#waiting.length}`) : undefined
  }

  #exhausted (): Error | undefined {
    if (!this.#nonces.exhausted) return undefined
    const error = novaError('ERR_PACKET_EXHAUSTED')
    this.close(GOAWAY_CODES.exhausted, error)
    return error
  }

  #pump (packet: OutgoingPacket, source: PacketSource, options: SendOptions): void {
    if (source instanceof Uint8Array) {
      this.#ready.push(packet)
      return
    }
    pump(packet, source, this, error => { this.#sourceFailed(packet, error, options) })
  }

  #sourceFailed (packet: OutgoingPacket, error: Error, options: SendOptions): void {
    if (!this.#active.has(packet)) return
    if (packet.frameNonce === 0) {
      // nothing of it has been on the wire, so there is nothing to take back
      this.#drop(packet, error)
    } else if (this.#credit.exists) {
      this.#reset(packet, error)
    } else if (options.onSourceError === 'truncate') {
      packet.done.reject(error)
      this.finish(packet)
    } else {
      packet.done.reject(error)
      this.#events.abort(novaError('ERR_PACKET_SOURCE', undefined, error))
    }
  }

  /** Tells the other side that the packet is given up, and drops what is queued of it. */
  #reset (packet: OutgoingPacket, error: Error): void {
    this.controls.add(CONTROL.reset, packet.nonce, resetCodeOf(error))
    this.#drop(packet, error)
  }

  /** What is ready, as far as it goes into one batch; at last the end of this direction. */
  nextBatch (): Batch | undefined {
    const frames: Frame[] = []
    if (!this.#end.ended) this.#takeControls(frames, this.#ready.length + this.controls.length > 0)
    let bytes = 0
    const again: OutgoingPacket[] = []
    while (this.#ready.length > 0 && bytes < BATCH && frames.length < MAX_BATCH_FRAMES) {
      const packet = this.#ready.shift() as OutgoingPacket
      // one without credit comes again when it has some
      if (!this.#active.has(packet) || packet.blocked) continue
      bytes += this.#takeFrame(packet, frames)
      this.#batch.push(packet)
      if (this.#active.has(packet) && packet.pending > 0 && !packet.blocked) again.push(packet)
    }
    for (const packet of again) this.#ready.push(packet)
    if (frames.length === 0) return this.#lastWord()
    this.#end.spoke()
    return { value: frames, done: false }
  }

  #takeFrame (packet: OutgoingPacket, frames: Frame[]): number {
    const { size, last } = this.#cutter.packet(frames, packet, this.#active.size === 1)
    if (last) this.#over(packet)
    else if (packet.frameNonce === 1) this.#credit.follow(packet)
    return size
  }

  #takeControls (frames: Frame[], mayRekey: boolean): void {
    const rekey = mayRekey && this.#rules.rekeyDue?.() === true
    if (!rekey && this.controls.length === 0) return
    const records = this.controls.take()
    // the last one: everything behind it is under the next key
    if (rekey) records.push({ type: CONTROL.rekey, packetNonce: 0, value: 0 })
    this.#cutter.controls(frames, records)
  }

  /** The end of this direction, and what goes before it. */
  #lastWord (): Batch | undefined {
    if (this.size > 0) return undefined
    const word = this.#end.next(() => this.#events.mayEnd())
    if (word === 'wait') return undefined
    if (word === 'end') return { value: undefined, done: true }
    const frames: Frame[] = []
    // everything that the other side has begun is still read until its end
    this.controls.add(CONTROL.goaway, LAST_NONCE, this.#end.code)
    this.#takeControls(frames, false)
    return { value: frames, done: false }
  }

  /** The last batch is on the wire. */
  #release (): void {
    if (this.#batch.length === 0) return
    // emptied, not left: an old array that is garbage still counts for the collector of young objects, with all that hangs on it
    for (const packet of this.#batch.splice(0)) {
      packet.release()
      if (!this.#active.has(packet)) packet.done.resolve()
    }
    this.#startWaiting()
  }

  /** One whose source has failed already makes room for the next while it starts: in turn, as there may be thousands. */
  #startWaiting (): void {
    if (this.#starting) return
    this.#starting = true
    while (this.#waiting.length > 0 && this.#mayBegin) (this.#waiting.shift() as { start: () => void }).start()
    this.#starting = false
  }

  #over (packet: OutgoingPacket): void {
    this.#active.delete(packet)
    this.#credit.forget(packet)
    this.#events.over()
  }

  #drop (packet: OutgoingPacket, error: Error): void {
    if (packet.frameNonce === 0) this.#credit.unbegin()
    this.#over(packet)
    packet.done.reject(error)
    packet.stop()
    this.#startWaiting()
    this.#reader.wake()
  }
}
