import { type AbortOptions, type CreateStreamOptions, type MessageStream, MuxerClosedError, type StreamMuxerFactory, type StreamOptions, TooManyOutboundProtocolStreamsError } from '@libp2p/interface'
import { AbstractStreamMuxer } from '@libp2p/utils'
import { frames, HARDENED_RULES, LAST_NONCE, type Packet, packets, type PacketLink } from '../nova/index.js'
import { abortable, asError, ignore, leave, limitsOf, type LimitsOf, link } from '../stream/index.js'
import { libp2pDuplex } from '../transport/libp2p.js'
import { muxerError } from './muxer-errors.js'
import { plainFrames, Staying } from './muxer-layers.js'
import type { OutgoingBody } from './muxer-outgoing.js'
import { decodeId, encodeId, encodeRecord, ID_LENGTH, RECORD, RESET_CODES } from './muxer-records.js'
import { ResetRate } from './muxer-resets.js'
import { MuxerStream } from './muxer-stream.js'
import { INITIAL_WINDOW, ReceiveWindow, WindowPool } from './muxer-window.js'

/** The name by which both ends agree on this muxer. */
export const MUXER_PROTOCOL = '/hushwire/nova-mux/1.0.0'

/** The limits of the muxer and their defaults. */
export const MUXER_LIMITS = {
  /** Streams of the other side that may be open at once; more are reset. */
  maxInboundStreams: 1000,
  /** Own streams that may be open at once; more are refused to the caller. */
  maxOutboundStreams: 1000,
  /** Streams that may come before anybody listens for them; more close the muxer. */
  maxEarlyStreams: 10,
  /** Streams that the other side may open and reset in ten seconds; more are fatal. */
  maxResets: 2000,
  /** Packets of streams that are over or refused which may still be in flight in a direction; more are fatal. */
  maxLeaving: 16_384,
  /** The most bytes that one stream may hold for its reader; the window begins with 64 KiB and doubles while the reader keeps up. */
  maxWindow: 2_097_152,
  /** Bytes by which the windows of all streams of a connection may grow together. */
  windowPool: 16_777_216,
  /** Milliseconds that the other side has for its end once this one has been closed. */
  closeTimeout: 10_000
} as const

/** Limits of the muxer; {@link MUXER_LIMITS} has the defaults. */
export type MuxerLimits = LimitsOf<typeof MUXER_LIMITS>

/** Options of {@link novaMuxer}. */
export interface NovaMuxerOptions {
  limits?: MuxerLimits | undefined
  /** libp2p's own options of each stream; `maxReadBufferLength` bounds the window too, but for the 64 KiB it begins with. */
  streamOptions?: StreamOptions | undefined
}

/**
 * A stream muxer for libp2p 3 made of Nova's packets: each stream is a packet in each direction, with credit of its own, so
 * one that nobody reads stops no other. It belongs above an encrypter: its frames are plain.
 *
 * What makes the connection fail (a frame, packet or record that breaks the rules) is an error of `NOVA_ERRORS` or
 * `MUXER_ERRORS`, which every stream ends with.
 *
 * @throws ERR_LIMIT_OPTION when a limit is out of its range
 * @example
 * ```ts
 * import { noise } from '@chainsafe/libp2p-noise'
 * import { tcp } from '@libp2p/tcp'
 * import { createLibp2p } from 'libp2p'
 * import { novaMuxer } from 'hushwire/libp2p'
 *
 * const node = await createLibp2p({
 *   transports: [tcp()],
 *   connectionEncrypters: [noise()],
 *   streamMuxers: [novaMuxer({ limits: { maxInboundStreams: 100 } })]
 * })
 * await node.stop()
 * ```
 */
export function novaMuxer (options: NovaMuxerOptions = {}): () => StreamMuxerFactory {
  const limits = limitsOf(MUXER_LIMITS, options.limits, ['maxInboundStreams', 'maxOutboundStreams', 'maxEarlyStreams', 'maxResets', 'windowPool'])
  return () => ({
    protocol: MUXER_PROTOCOL,
    createStreamMuxer: connection => new NovaMuxer(connection, limits, options.streamOptions)
  })
}

type Limits = Readonly<Record<keyof typeof MUXER_LIMITS, number>>

class NovaMuxer extends AbstractStreamMuxer<MuxerStream> {
  readonly #limits: Limits
  readonly #pool: WindowPool
  readonly #resets: ResetRate
  readonly #table = new Map<number, MuxerStream>()
  readonly #reading = new Set<Promise<void>>()
  readonly #staying: Staying
  readonly #link: PacketLink
  /** Ids are odd for streams of the side that dialled. */
  readonly #parity: number
  readonly #count = { inbound: 0, outbound: 0 }
  #nextId: number
  #failure: Error | undefined

  constructor (connection: MessageStream, limits: Limits, streamOptions: StreamOptions = {}) {
    super(connection, { protocol: MUXER_PROTOCOL, name: 'nova', maxEarlyStreams: limits.maxEarlyStreams, streamOptions })
    this.#limits = limits
    this.#pool = new WindowPool(limits.windowPool)
    this.#resets = new ResetRate(limits.maxResets)
    this.#parity = connection.direction === 'outbound' ? 1 : 0
    this.#nextId = 2 - this.#parity
    this.#staying = new Staying(connection)
    const inFlight = limits.maxInboundStreams + limits.maxOutboundStreams + limits.maxLeaving
    this.#link = link(libp2pDuplex(connection), this.#staying, frames(), plainFrames, packets({
      rules: { ...HARDENED_RULES, maxOutgoing: inFlight },
      limits: { maxIncoming: inFlight, maxUnread: inFlight, maxOutgoing: inFlight, maxWaiting: 0, closeTimeout: limits.closeTimeout },
      headSize: ID_LENGTH,
      onGoaway: () => { this.#staying.remoteLeft() },
      onLostPacket: () => { this.#fail(muxerError('ERR_MUXER_STREAM', 'a packet ended within its id')) }
    }))
    this.#link.closed.catch((error: unknown) => { this.log.error('failed - %e', asError(error)) })
    void this.#run()
  }

  /** Nothing: the link reads the connection. */
  override onData (): void {}

  override onCreateStream (options: CreateStreamOptions): MuxerStream {
    if (this.#count.outbound >= this.#limits.maxOutboundStreams) throw new TooManyOutboundProtocolStreamsError(`${this.#limits.maxOutboundStreams} streams are open`)
    const id = this.#nextId
    if (id > LAST_NONCE) throw new MuxerClosedError('The connection has no ids left for streams')
    this.#nextId += 2
    const stream = this.#newStream(id, 'outbound', options)
    stream.open()
    return stream
  }

  /** As every muxer's: ends what the streams send, says goaway, and resolves when the connection has taken that. */
  override async close (options: AbortOptions = {}): Promise<void> {
    if (this.status !== 'open') return
    // the signal is not the streams': a thousand of them would all listen to it
    await abortable(this.#close(), options.signal)
  }

  override abort (error: Error): void {
    if (this.status === 'closed') return
    super.abort(error)
    this.#leave()
  }

  /** The connection is gone; what it has brought is still read. */
  override onTransportClosed (): void {
    if (this.status === 'open') this.status = 'closing'
  }

  async #close (): Promise<void> {
    await super.close()
    this.#leave()
    await this.#staying.left
  }

  /** Takes packets until the other side has left or the connection is gone, then ends what is open. */
  async #run (): Promise<void> {
    let cause: Error | undefined
    try {
      for await (const packet of this.#link.source) this.#take(packet)
    } catch (error) {
      cause = this.#failure ?? asError(error)
    }
    if (this.status === 'open') this.status = 'closing'
    await Promise.all(this.#reading)
    for (const stream of [...this.streams]) {
      const error = cause ?? (stream.unsent ? muxerError('ERR_MUXER_GONE') : undefined)
      stream.onTransportClosed(error)
      stream.leave()
    }
    this.status = 'closed'
  }

  #take (packet: Packet): void {
    const id = decodeId(packet.head)
    const stream = this.#table.get(id)
    if (id === 0) this.#fail(muxerError('ERR_MUXER_STREAM', 'there is none'))
    else if (id % 2 === this.#parity) this.#answer(id, stream, packet)
    else if (stream !== undefined) this.#fail(muxerError('ERR_MUXER_STREAM', `${id} is open`))
    else if (this.status !== 'open' || this.#count.inbound >= this.#limits.maxInboundStreams) this.#refuse(id, packet)
    else this.#accept(id, packet)
  }

  #answer (id: number, stream: MuxerStream | undefined, packet: Packet): void {
    if (stream !== undefined) this.#read(stream, packet)
    else if (id >= this.#nextId) this.#fail(muxerError('ERR_MUXER_STREAM', `${id} was never opened`))
    // it was on its way when the stream ended
    else leave(packet.source)
  }

  #accept (id: number, packet: Packet): void {
    const stream = this.#newStream(id, 'inbound', this.streamOptions ?? {})
    this.onRemoteStream(stream)
    this.#read(stream, packet)
  }

  #refuse (id: number, packet: Packet): void {
    leave(packet.source)
    const answer = new Uint8Array([...encodeId(id), ...encodeRecord(RECORD.reset, RESET_CODES.refused)])
    this.#link.send(answer).catch((error: unknown) => { this.#sendFailed(error) })
  }

  #read (stream: MuxerStream, packet: Packet): void {
    const reading = stream.read(packet.source).catch((thrown: unknown) => {
      const error = asError(thrown)
      if ((error as { layer?: string }).layer === 'libp2p.muxer') this.#fail(error)
      else stream.abort(this.#failure ?? error)
    }).finally(() => { this.#reading.delete(reading) })
    this.#reading.add(reading)
  }

  #newStream (id: number, direction: 'inbound' | 'outbound', options: StreamOptions): MuxerStream {
    const window = new ReceiveWindow(this.#pool, Math.min(this.#limits.maxWindow, Math.max(INITIAL_WINDOW, options.maxReadBufferLength ?? Infinity)))
    const stream = new MuxerStream({
      ...options,
      // the wire says nothing of it: the two ends negotiate it on the stream
      protocol: '',
      id: String(id),
      number: id,
      direction,
      window,
      log: this.log.newScope(`${direction}:${id}`),
      begin: body => { this.#send(stream, body) }
    })
    this.#table.set(id, stream)
    this.#count[direction]++
    stream.addEventListener('close', () => {
      this.#table.delete(id)
      this.#count[direction]--
      if (direction === 'inbound' && stream.status === 'reset' && !this.#resets.count(performance.now())) this.#fail(muxerError('ERR_MUXER_FLOOD', 'resets'))
    })
    return stream
  }

  #send (stream: MuxerStream, body: OutgoingBody): void {
    this.#link.send(body).catch((error: unknown) => {
      this.#sendFailed(error)
      void body.return()
      stream.abort(this.#failure ?? asError(error))
    })
  }

  /** A packet is refused by the own link only while this closes, or when answers pile up. */
  #sendFailed (error: unknown): void {
    if ((error as { code?: string }).code === 'ERR_PACKET_QUEUE') this.#fail(muxerError('ERR_MUXER_FLOOD'))
  }

  #leave (): void {
    for (const stream of this.streams) stream.leave()
    this.#link.close().catch(ignore)
  }

  #fail (error: Error): void {
    this.#failure ??= error
    this.#link.abort(error)
  }
}
