import { UUID_BYTES, type Uuid } from '../bytes/index.js'
import { asError, leave, PolledIterator, polling, type Endpoint, type LinkControl, type Pollable } from '../stream/index.js'
import type { OpenedFrame } from './opening.js'
import { novaError } from './errors.js'
import { getUint32, MAGIC, putUint32, type Frame } from './frame.js'
import type { Packet } from './incoming-packet.js'
import type { PacketFace } from './packet-face.js'
import { packets, type PacketsOptions } from './packets.js'
import type { PingOptions } from './pings.js'
import type { PacketSource, SendOptions } from './packet-source.js'

/** Bytes of a routing header. */
export const ROUTED_LENGTH = 44

/** Kinds from here up are hushwire's own; an application's are below. */
export const RESERVED_KINDS = 1n << 63n

/** The kinds of packets that hushwire uses itself (docs/protocol.md). */
export const KIND = {
  /** A message of the handshake between peers. */
  handshake: RESERVED_KINDS + 1n,
  /** The server could not deliver a packet. */
  error: RESERVED_KINDS + 2n,
  /** An empty message under new keys: it shows who sent the last message of the handshake that it has come. */
  confirm: RESERVED_KINDS + 4n,
  /** Asks the relay for something, and its answer. */
  request: RESERVED_KINDS + 5n,
  /** Mail that the relay delivers. */
  delivery: RESERVED_KINDS + 6n,
  /** One direction of a live stream between peers. */
  stream: RESERVED_KINDS + 7n,
  /** The relay says who has come or gone. */
  presence: RESERVED_KINDS + 8n,
  /** Mail with the token of an offer of pairing. */
  pairing: RESERVED_KINDS + 9n,
  /** Mail that says whether the token of an offer was accepted. */
  paired: RESERVED_KINDS + 10n
} as const

/** Where a packet goes, where it is from, and what it is (nova.md, Routed). */
export interface RoutedHeader {
  /** 16 bytes; nil = the server itself. */
  readonly target: Uuid
  readonly source: Uuid
  /** Below 2^63 the application's own meaning. */
  readonly kind: bigint
}

/** A packet with its routing header. */
export interface RoutedPacket {
  readonly header: RoutedHeader
  /** The body after the header; see {@link Packet.source}. */
  readonly source: AsyncIterable<Uint8Array>
  /** As {@link Packet.stop}. */
  stop(code: number): void
}

/** The face of a link of routed packets. */
export interface RoutedFace extends Pick<PacketFace, 'ping' | 'goaway' | 'drained'> {
  readonly source: AsyncIterable<RoutedPacket>
  /** As {@link PacketFace.send}, under a routing header. @throws ERR_ROUTED_HEADER (as a rejection) */
  send(header: RoutedHeader, source: PacketSource, options?: Omit<SendOptions, 'head'>): Promise<void>
  /** As {@link PacketFace.close}. */
  close(): Promise<void>
}

/** A link of routed packets. */
export type RoutedLink = RoutedFace & LinkControl

/**
 * Writes the 44 bytes of a routing header.
 *
 * @throws ERR_ROUTED_HEADER
 */
export function encodeRoutedHeader ({ target, source, kind }: RoutedHeader): Uint8Array {
  if (typeof kind !== 'bigint' || target.byteLength !== UUID_BYTES || source.byteLength !== UUID_BYTES || BigInt.asUintN(64, kind) !== kind) throw novaError('ERR_ROUTED_HEADER')
  const bytes = new Uint8Array(ROUTED_LENGTH)
  putUint32(bytes, 0, MAGIC)
  bytes.set(target, 4)
  bytes.set(source, 20)
  putUint32(bytes, 36, Number(kind >> 32n))
  putUint32(bytes, 40, Number(kind & 0xFFFF_FFFFn))
  return bytes
}

/**
 * Reads the first 44 bytes of a packet's body; the UUIDs are copies, which cost less than views of so few bytes.
 *
 * @throws ERR_ROUTED_SHORT, ERR_ROUTED_MAGIC
 */
export function decodeRoutedHeader (bytes: Uint8Array): RoutedHeader {
  if (bytes.byteLength < ROUTED_LENGTH) throw novaError('ERR_ROUTED_SHORT')
  if (getUint32(bytes, 0) !== MAGIC) throw novaError('ERR_ROUTED_MAGIC')
  return {
    target: bytes.slice(4, 20),
    source: bytes.slice(20, 36),
    kind: readKind(getUint32(bytes, 36), getUint32(bytes, 40))
  }
}

/** Arithmetic on bigints is slow, and kinds are mostly small. */
function readKind (high: number, low: number): bigint {
  return high === 0 ? BigInt(low) : BigInt(high) << 32n | BigInt(low)
}

/**
 * Packets with routing headers: the header rides in the first frame together with the first bytes of the body.
 *
 * @example
 * ```ts
 * import { link } from 'hushwire'
 * import { NIL_UUID, randomUuid } from 'hushwire/bytes'
 * import { frames, cipher, routed } from 'hushwire/nova'
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * const keys = { seal: new Uint8Array(32).fill(1), open: new Uint8Array(32).fill(2) }
 * const [socket] = memoryPair()
 * const wire = link(socket, frames(), cipher({ key: keys }), routed())
 * await wire.send({ target: NIL_UUID, source: randomUuid(), kind: 7n }, new TextEncoder().encode('hello, server'))
 * wire.abort()
 * ```
 */
export function routed (options: Omit<PacketsOptions, 'headSize'> = {}): Endpoint<OpenedFrame[], Frame[], RoutedFace> {
  return new RoutedEndpoint(packets({ ...options, headSize: ROUTED_LENGTH }), options.onLostPacket)
}

class RoutedEndpoint implements Endpoint<OpenedFrame[], Frame[], RoutedFace> {
  readonly face: RoutedFace
  readonly #lower: Endpoint<OpenedFrame[], Frame[], PacketFace>

  constructor (lower: Endpoint<OpenedFrame[], Frame[], PacketFace>, onLost: PacketsOptions['onLostPacket']) {
    this.#lower = lower
    this.face = new Face(lower.face, onLost)
  }

  get outbound (): AsyncIterable<Frame[]> { return this.#lower.outbound }
  run (source: AsyncIterable<OpenedFrame[]>): Promise<void> { return this.#lower.run(source) }
  fail (cause: Error): void { this.#lower.fail(cause) }
}

class Face implements RoutedFace {
  readonly source: AsyncIterable<RoutedPacket>
  readonly #below: PacketFace

  constructor (below: PacketFace, onLost: PacketsOptions['onLostPacket']) {
    this.#below = below
    this.source = new RoutedSource(below.source, onLost)
  }

  send (header: RoutedHeader, body: PacketSource, options?: Omit<SendOptions, 'head'>): Promise<void> {
    try {
      return this.#below.send(body, { head: encodeRoutedHeader(header), onSourceError: options?.onSourceError })
    } catch (error) {
      return Promise.reject(asError(error))
    }
  }

  ping (options?: PingOptions): Promise<number> { return this.#below.ping(options) }
  goaway (code: number): void { this.#below.goaway(code) }
  drained (): Promise<void> { return this.#below.drained() }
  close (): Promise<void> { return this.#below.close() }
}

/** Passes each packet through; one that does not start with a header fails alone. */
class RoutedSource extends PolledIterator<RoutedPacket> {
  readonly #packets: Pollable<Packet>
  readonly #onLost: PacketsOptions['onLostPacket']

  constructor (source: AsyncIterable<Packet>, onLost: PacketsOptions['onLostPacket']) {
    super()
    this.#packets = polling(source[Symbol.asyncIterator]())
    this.#onLost = onLost
  }

  poll (wake: () => void): IteratorResult<RoutedPacket> | undefined {
    for (let result = this.#packets.poll(wake); result !== undefined; result = this.#packets.poll(wake)) {
      if (result.done === true) return result
      const value = this.#routed(result.value)
      if (value !== undefined) return { value, done: false }
    }
    return undefined
  }

  async return (): Promise<IteratorResult<RoutedPacket>> {
    await this.#packets.return?.()
    return { value: undefined, done: true }
  }

  #routed (packet: Packet): RoutedPacket | undefined {
    const { head, source } = packet
    if (getUint32(head, 0) === MAGIC) return { header: decodeRoutedHeader(head), source, stop: code => { packet.stop(code) } }
    leave(source)
    this.#onLost?.(novaError('ERR_ROUTED_MAGIC'))
    return undefined
  }
}
