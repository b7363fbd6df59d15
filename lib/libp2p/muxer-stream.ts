import type { AbortOptions, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { AbstractStream, type AbstractStreamInit, type SendResult } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'
import { abortable, deferred } from '../stream/index.js'
import { muxerError } from './muxer-errors.js'
import { OutgoingBody } from './muxer-outgoing.js'
import { WaitingPieces } from './muxer-pieces.js'
import { RECORD, RecordReader, RESET_CODES, type RecordSink } from './muxer-records.js'
import { INITIAL_WINDOW, type ReceiveWindow } from './muxer-window.js'

/** What a stream needs of its muxer. */
export interface MuxerStreamInit extends AbstractStreamInit {
  /** The id on the wire. */
  readonly number: number
  readonly window: ReceiveWindow
  /** Sends the body as a packet. */
  readonly begin: (body: OutgoingBody) => void
}

/** Credit in hand, beyond which none may come. */
const MAX_CREDIT = 2 ** 31

/**
 * A stream of the muxer: a packet in each direction. The packet of the opener begins at once, the answer when there is
 * something to say; each lasts until the stream is over in both directions, since it carries the credit of the other.
 */
export class MuxerStream extends AbstractStream implements RecordSink {
  readonly number: number
  readonly #body: OutgoingBody
  readonly #begin: (body: OutgoingBody) => void
  readonly #window: ReceiveWindow
  #begun = false
  #credit = INITIAL_WINDOW
  /** Bytes that an iterator has been given and nobody has asked for. */
  #iterated = 0
  readonly #waiting = new WaitingPieces(this.readBuffer)
  #answered = false
  #failure: Error | undefined
  /** What the other side's packet has said. */
  readonly #said = new Set<number>()

  constructor (init: MuxerStreamInit) {
    super(init)
    this.number = init.number
    this.#window = init.window
    this.#begin = init.begin
    this.#body = new OutgoingBody(init.number, () => { this.#maySend() })
    this.addEventListener('close', event => { this.#over(event) })
  }

  /** Begins the own packet, if it has not begun. */
  open (): void {
    if (this.#begun) return
    this.#begun = true
    this.#begin(this.#body)
  }

  /** Ends the own packet, though the other side may still have something to say: no credit comes any more. */
  leave (): void { this.#body.finish() }

  /** True when bytes that were sent have not got to the sender of packets. */
  get unsent (): boolean { return this.writeBuffer.byteLength + this.#body.length > 0 }

  /**
   * Takes the other side's packet to its end.
   *
   * @throws ERR_MUXER_STREAM, ERR_MUXER_RECORD, ERR_MUXER_CREDIT (as rejections), which are fatal to the connection
   */
  async read (source: AsyncIterable<Uint8Array>): Promise<void> {
    if (this.#answered) throw muxerError('ERR_MUXER_STREAM', `${this.number} has its packet`)
    this.#answered = true
    const reader = new RecordReader(this)
    for await (const piece of source) reader.push(piece)
    if (!this.#said.has(RECORD.reset)) reader.end()
    if (!this.#said.has(RECORD.end)) this.#reset()
    // nobody is left who could give credit
    else this.onRemoteCloseRead()
  }

  /** Bytes have come. Called by the reader of records. */
  data (bytes: Uint8Array): void {
    if (this.#said.has(RECORD.end) || this.#said.has(RECORD.reset)) throw muxerError('ERR_MUXER_RECORD', 'data after the end')
    this.#window.receive(bytes.byteLength)
    if (this.status !== 'open') return
    // a view of a few bytes would keep its whole frame
    this.onData(bytes.byteLength * 4 < bytes.buffer.byteLength ? new Uint8Array(bytes) : bytes)
    this.#waiting.appended()
    this.#grant()
  }

  /** Called by the reader of records. */
  record (kind: number, value: number): void {
    if (this.#said.has(RECORD.reset) || (kind !== RECORD.credit && this.#said.has(kind))) throw muxerError('ERR_MUXER_RECORD', `kind ${kind} out of place`)
    if (kind === RECORD.credit) {
      this.#receiveCredit(value)
      return
    }
    this.#said.add(kind)
    if (kind === RECORD.reset) this.#reset()
    else if (kind === RECORD.stop) this.onRemoteCloseRead()
    else if (this.status === 'open') this.onRemoteCloseWrite()
  }

  /** Called by libp2p. */
  override sendData (data: Uint8ArrayList): SendResult {
    // nobody wants it
    if (this.remoteReadStatus === 'closed') return { sentBytes: data.byteLength, canSendMore: true }
    this.open()
    let sentBytes = 0
    // whoever waits for the body takes from it at once, so there can be room again
    for (let more = this.#may(data.byteLength); more > 0; more = this.#may(data.byteLength - sentBytes)) {
      this.#credit -= more
      this.#body.data(data.sublist(sentBytes, sentBytes + more))
      sentBytes += more
    }
    return { sentBytes, canSendMore: sentBytes === data.byteLength && this.#body.room > 0 }
  }

  /** Called by libp2p. */
  override async sendCloseWrite (options?: AbortOptions): Promise<void> {
    this.open()
    this.#body.end()
    await abortable(this.#body.flushed, options?.signal)
  }

  /** Called by libp2p. */
  override async sendCloseRead (): Promise<void> {
    this.open()
    this.#body.stop()
  }

  /** Called by libp2p. */
  override sendReset (): void {
    this.open()
    this.#body.reset(RESET_CODES.aborted)
  }

  /** Nothing: the other side gets no credit for what is not read. Called by libp2p. */
  override sendPause (): void {}

  /** Called by libp2p. */
  override sendResume (): void { this.#grant() }

  /** Nothing: what a stream may send is its own matter, not the connection's. Called by libp2p. */
  override onMuxerDrain (): void {}

  override onRemoteCloseRead (): void {
    if (this.remoteReadStatus === 'closed') return
    super.onRemoteCloseRead()
    this.#maySend()
  }

  /** What comes, piece by piece, given credit for as it is asked for: a slow reader holds no more than its window. */
  override async * [Symbol.asyncIterator] (): AsyncGenerator<Uint8Array> {
    if (this.readStatus !== 'readable' && this.readStatus !== 'paused') return
    const held = new Uint8ArrayList()
    const pieces = new WaitingPieces(held)
    let ended = false
    let changed = deferred()
    const message = (event: StreamMessageEvent): void => {
      for (const piece of event.data instanceof Uint8Array ? [event.data] : event.data) {
        held.append(piece)
        pieces.appended()
      }
      this.#iterated = held.byteLength
      changed.resolve()
    }
    const finish = (): void => {
      // an abort says that it is the end before it says why
      ended = this.#failure !== undefined || this.status === 'open' || this.status === 'closed'
      changed.resolve()
    }
    this.addEventListener('message', message)
    this.addEventListener('close', finish)
    this.addEventListener('end', finish)
    if (this.readableEnded) finish()
    try {
      for (;;) {
        for (let piece = pieces.take(); piece !== undefined; piece = pieces.take()) {
          this.#iterated = held.byteLength
          this.#grant()
          yield piece
        }
        if (this.#failure !== undefined) throw this.#failure
        if (ended) return
        await changed.promise
        changed = deferred()
      }
    } finally {
      this.#iterated = 0
      this.removeEventListener('message', message)
      this.removeEventListener('close', finish)
      this.removeEventListener('end', finish)
    }
  }

  protected override dispatchReadBuffer (): void {
    super.dispatchReadBuffer()
    this.#grant()
  }

  #receiveCredit (bytes: number): void {
    this.#credit += bytes
    if (this.#credit > MAX_CREDIT) throw muxerError('ERR_MUXER_CREDIT', `${this.#credit} bytes`)
    this.#maySend()
  }

  /** How many of these bytes may be sent now. */
  #may (bytes: number): number { return Math.min(bytes, this.#credit, this.#body.room) }

  /** Wakes whoever waits to send. */
  #maySend (): void {
    if (this.writableNeedsDrain && (this.remoteReadStatus === 'closed' || this.#may(1) > 0)) this.safeDispatchEvent('drain')
  }

  #grant (): void {
    if (this.status !== 'open' || this.remoteWriteStatus === 'closed' || this.readStatus === 'closing' || this.readStatus === 'closed') return
    const credit = this.#window.due(this.readBuffer.byteLength + this.#iterated)
    if (credit === 0) return
    this.open()
    this.#body.credit(credit)
  }

  #reset (): void {
    if (this.status === 'open') this.onRemoteReset()
  }

  #over ({ error }: StreamCloseEvent): void {
    this.#failure = error
    this.#window.release()
    if (this.#begun) this.#body.finish()
  }
}
