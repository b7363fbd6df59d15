import { asError, deferred, type Bytes, type Deferred } from '../stream/index.js'
import { CONTROL, encodeRecords, GOAWAY_CODES, type ControlRecord } from './control.js'
import { novaError } from './errors.js'
import { LAST_NONCE, type Frame } from './frame.js'
import { OutgoingPacket } from './outgoing-packet.js'
import type { PacketRules } from './packet-rules.js'
import { isBytes, notIterable, type PacketSource, type SendLimits, type SendOptions } from './packet-source.js'
import { ReadyQueue } from './ready-queue.js'

/** Room for a routing header or the heads of chunks, so that what is made 64 or 256 KiB at a time fits one frame. */
const HEADS = 1024
/** Frames while packets share the link. */
const SHARED_FRAME = 65_536 + HEADS
/** Frames while one packet flows alone. */
const ALONE_FRAME = 262_144 + HEADS
/** A batch takes no more frames from this many bytes on. */
const BATCH = 65_536
const MAX_BATCH_FRAMES = 256
const NO_HEAD = new Uint8Array(0)

/**
 * Cuts the packets being sent into batches of frames, taking turns frame by frame (nova.md, Packets: Sending).
 * A batch is valid until the next one is asked for.
 */
export class PacketSender implements AsyncIterableIterator<Frame[]> {
  readonly #rules: PacketRules & SendLimits
  readonly #onAbort: (error: Error) => void
  #nextNonce: number
  /** The nonce that the next packet to be accepted is sure to get, at the latest. */
  #reserved: number
  #controlNonce: number
  readonly #controls: ControlRecord[] = []
  readonly #active = new Set<OutgoingPacket>()
  readonly #waiting: Array<{ packet: OutgoingPacket, start: () => void }> = []
  readonly #ready = new ReadyQueue(() => { this.#wake() }, () => { this.#flush() })
  #batch: OutgoingPacket[] = []
  #reader: Deferred<IteratorResult<Frame[]>> | undefined
  #wakeScheduled = false
  #state: 'open' | 'closing' | 'ended' = 'open'
  #refusal: Error | undefined
  /** The last nonce that the other side still serves. */
  #served = Infinity
  #goawayCode = 0
  #warned = false
  #error: Error | undefined

  /** @param onAbort - told when the link must go because a packet cannot be ended truthfully */
  constructor (rules: PacketRules & SendLimits, onAbort: (error: Error) => void) {
    this.#rules = rules
    this.#onAbort = onAbort
    this.#nextNonce = rules.firstNonce
    this.#reserved = rules.firstNonce
    this.#controlNonce = rules.controlNonce
  }

  /** Packets in flight or waiting. */
  get size (): number { return this.#active.size + this.#waiting.length }

  /** @returns a promise that resolves when the packet's last frame has been handed to the wire */
  send (source: PacketSource, options: SendOptions = {}): Promise<void> {
    const refusal = this.#error ?? this.#refusal ?? notIterable(source) ?? this.#tooMany() ?? this.#exhausted()
    if (refusal !== undefined) return Promise.reject(refusal)
    this.#reserved++
    const packet = new OutgoingPacket()
    if (source instanceof Uint8Array) packet.whole(options.head ?? NO_HEAD, source)
    else if (options.head !== undefined) packet.begin(options.head)
    const start = (): void => {
      this.#active.add(packet)
      this.#pump(packet, source, options)
    }
    if (this.#active.size < this.#rules.maxOutgoing) start()
    else this.#waiting.push({ packet, start })
    return packet.done.promise
  }

  /** Takes no more packets; what is in flight is finished, then the link's end is sent. */
  close (code: number, refusal: Error = novaError('ERR_LINK_CLOSING')): void {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    this.#refusal ??= refusal
    this.#goawayCode = code
    this.#wake()
  }

  /**
   * The other side has said goaway: packets above `last`, and those that have no nonce yet, are refused.
   *
   * @returns false when that was so before: a frame full of goaways must not cost an error each
   */
  refuseAbove (last: number): boolean {
    const served = Math.min(last, this.#nextNonce - 1)
    if (served >= this.#served) return false
    this.#served = served
    const error = novaError('ERR_LINK_GOAWAY')
    this.#refusal = error
    for (const { packet } of this.#waiting.splice(0)) packet.done.reject(error)
    for (const packet of this.#active) if (packet.nonce === 0 || packet.nonce > last) this.#drop(packet, error)
    this.#wake()
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
    this.#reader?.reject(error)
    this.#reader = undefined
  }

  next (): Promise<IteratorResult<Frame[]>> {
    this.#release()
    if (this.#error !== undefined) return Promise.reject(this.#error)
    this.#reader = deferred()
    const { promise } = this.#reader
    this.#flush()
    return promise
  }

  return (): Promise<IteratorResult<Frame[]>> {
    this.fail(novaError('ERR_LINK_CLOSING'))
    return Promise.resolve({ value: undefined, done: true })
  }

  [Symbol.asyncIterator] (): this { return this }

  #tooMany (): Error | undefined {
    return this.#active.size >= this.#rules.maxOutgoing && this.#waiting.length >= this.#rules.maxWaiting ? novaError('ERR_PACKET_QUEUE', `${this.#waiting.length}`) : undefined
  }

  /** Nonces never restart: the link ends before they run out. */
  #exhausted (): Error | undefined {
    if (this.#reserved >= this.#rules.warnNonce) this.#warn()
    if (this.#reserved < LAST_NONCE) return undefined
    const error = novaError('ERR_PACKET_EXHAUSTED')
    this.close(GOAWAY_CODES.exhausted, error)
    return error
  }

  #warn (): void {
    if (this.#warned) return
    this.#warned = true
    this.#rules.onExhausting?.()
  }

  #pump (packet: OutgoingPacket, source: PacketSource, options: SendOptions): void {
    if (source instanceof Uint8Array) {
      this.#ready.push(packet)
      return
    }
    this.#pumpChunks(packet, source).then(() => { this.#finish(packet) }, (thrown: unknown) => { this.#sourceFailed(packet, asError(thrown), options) })
  }

  async #pumpChunks (packet: OutgoingPacket, source: Iterable<Bytes> | AsyncIterable<Bytes>): Promise<void> {
    const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]()
    packet.open(iterator)
    for (;;) {
      const result = await iterator.next()
      if (result.done === true) return
      if (!isBytes(result.value)) throw novaError('ERR_PACKET_BODY')
      if (this.#active.has(packet) && result.value.byteLength > 0) {
        const wait = packet.write(result.value)
        this.#ready.offer(packet)
        if (wait !== undefined) await wait
      }
      if (!this.#active.has(packet)) return
    }
  }

  #sourceFailed (packet: OutgoingPacket, error: Error, options: SendOptions): void {
    if (!this.#active.has(packet)) return
    if (packet.frameNonce === 0) {
      // nothing of it has been on the wire, so there is nothing to take back
      this.#drop(packet, error)
    } else if (options.onSourceError === 'truncate') {
      packet.done.reject(error)
      this.#finish(packet)
    } else {
      packet.done.reject(error)
      this.#onAbort(novaError('ERR_PACKET_SOURCE', undefined, error))
    }
  }

  #finish (packet: OutgoingPacket): void {
    if (!this.#active.has(packet)) return
    packet.finish()
    this.#ready.push(packet)
  }

  /** In a microtask, so that everything that is finished in this turn goes out in one write. */
  #wake (): void {
    if (this.#wakeScheduled || this.#reader === undefined) return
    this.#wakeScheduled = true
    queueMicrotask(() => {
      this.#wakeScheduled = false
      this.#flush()
    })
  }

  #flush (): void {
    if (this.#reader === undefined) return
    try {
      const batch = this.#nextBatch()
      if (batch === undefined) return
      const reader = this.#reader
      this.#reader = undefined
      reader.resolve(batch)
    } catch (error) {
      this.fail(error as Error)
    }
  }

  #nextBatch (): IteratorResult<Frame[]> | undefined {
    const frames: Frame[] = []
    if (this.#state !== 'ended' && this.#rules.rekeyDue?.() === true) this.#controls.push({ type: CONTROL.rekey, packetNonce: 0, value: 0 })
    this.#takeControls(frames)
    let bytes = 0
    const again: OutgoingPacket[] = []
    while (this.#ready.length > 0 && bytes < BATCH && frames.length < MAX_BATCH_FRAMES) {
      const packet = this.#ready.shift() as OutgoingPacket
      if (!this.#active.has(packet)) continue
      bytes += this.#takeFrame(packet, frames)
      this.#batch.push(packet)
      if (this.#active.has(packet) && packet.pending > 0) again.push(packet)
    }
    for (const packet of again) this.#ready.push(packet)
    if (frames.length > 0) return { value: frames, done: false }
    return this.#ended()
  }

  #takeFrame (packet: OutgoingPacket, frames: Frame[]): number {
    if (packet.nonce === 0) packet.nonce = this.#nextNonce++
    const room = Math.min(this.#active.size === 1 ? ALONE_FRAME : SHARED_FRAME, this.#rules.maxFrame)
    const { pieces, size, last } = packet.take(room)
    const alone = last && this.#rules.terminatorCarries
    if (size > 0 || alone) frames.push(this.#frame(packet, pieces, size, alone))
    if (last && !alone) frames.push(this.#frame(packet, [], 0, true))
    if (last) this.#active.delete(packet)
    return size
  }

  #frame (packet: OutgoingPacket, content: Uint8Array[], size: number, terminating: boolean): Frame {
    const frameNonce = ++packet.frameNonce
    if (frameNonce >= LAST_NONCE && !terminating) throw novaError('ERR_PACKET_TOO_LONG')
    return { packetNonce: packet.nonce, frameNonce, terminating, encrypted: false, size, content }
  }

  #takeControls (frames: Frame[]): void {
    if (this.#controls.length === 0) return
    const content = encodeRecords(this.#controls.splice(0))
    frames.push({ packetNonce: 0, frameNonce: this.#controlNonce++, terminating: false, encrypted: false, size: content.byteLength, content: [content] })
  }

  /** The end of this direction, after a goaway where the link has one. */
  #ended (): IteratorResult<Frame[]> | undefined {
    if (this.#state === 'open' || this.#active.size > 0 || this.#waiting.length > 0) return undefined
    if (this.#state === 'closing' && this.#rules.goaway) {
      this.#state = 'ended'
      const frames: Frame[] = []
      // everything that the other side has begun is still read until its end
      this.#controls.push({ type: CONTROL.goaway, packetNonce: LAST_NONCE, value: this.#goawayCode })
      this.#takeControls(frames)
      return { value: frames, done: false }
    }
    this.#state = 'ended'
    return { value: undefined, done: true }
  }

  /** The last batch is on the wire. */
  #release (): void {
    const batch = this.#batch
    if (batch.length === 0) return
    this.#batch = []
    for (const packet of batch) {
      packet.release()
      if (!this.#active.has(packet)) packet.done.resolve()
    }
    this.#startWaiting()
  }

  #startWaiting (): void {
    while (this.#waiting.length > 0 && this.#active.size < this.#rules.maxOutgoing) (this.#waiting.shift() as { start: () => void }).start()
  }

  #drop (packet: OutgoingPacket, error: Error): void {
    this.#active.delete(packet)
    packet.done.reject(error)
    packet.stop()
    this.#startWaiting()
    this.#wake()
  }
}
