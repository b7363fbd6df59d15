import { createIdentity } from '../../lib/nova/identity.js'
import { cipher, frames, packets, stack, type CipherLayer, type CipherOptions, type Frame, type HardenedStackOptions, type NovaLink, type OpenedFrame, type Packet, type PacketFace, type PacketLink, type PacketsOptions } from '../../lib/nova/index.js'
import { Channel, ignore, join, link, type Bytes } from '../../lib/stream/index.js'
import { memoryPair, type MemoryPairOptions } from '../../lib/transport/memory.js'
import { collect, items } from '../support/sources.js'

export const KEY_ONE = new Uint8Array(32).fill(1)
export const KEY_TWO = new Uint8Array(32).fill(2)
/** The keys of both ends of a link, a key a direction. */
export const LEFT_KEYS = { seal: KEY_ONE, open: KEY_TWO }
export const RIGHT_KEYS = { seal: KEY_TWO, open: KEY_ONE }

/** A plain frame. */
export function frame (packetNonce: number, frameNonce: number, content: Uint8Array = new Uint8Array(0), terminating = false): Frame {
  return { packetNonce, frameNonce, terminating, encrypted: false, size: content.byteLength, content: content.byteLength === 0 ? [] : [content] }
}

/** The frames of one packet of the seed's wire: a frame for each content, then the terminating one. */
export function packetFrames (packetNonce: number, ...contents: Uint8Array[]): Frame[] {
  return [...contents.map((content, index) => frame(packetNonce, index + 1, content)), frame(packetNonce, contents.length + 1, undefined, true)]
}

/** A frame with its content in one piece. */
export type FlatFrame = Omit<Frame, 'content'> & { readonly content: Uint8Array }

/** Header and content of a frame without how it lies in memory. */
export function flat (one: Frame): FlatFrame
export function flat (one: OpenedFrame): FlatFrame | { packetNonce: number, code: string }
export function flat (one: OpenedFrame): FlatFrame | { packetNonce: number, code: string } {
  if ('error' in one) return { packetNonce: one.packetNonce, code: one.error.code }
  const { packetNonce, frameNonce, terminating, encrypted, size, content } = one
  return { packetNonce, frameNonce, terminating, encrypted, size, content: join(content) }
}

/** The wire of these frames, under a cipher where there is one. */
export async function wireOf (all: readonly Frame[], hop?: CipherLayer): Promise<Uint8Array> {
  const layer = frames({ obfuscation: hop?.obfuscation })
  return bytesOf(layer.encode()(hop === undefined ? items([...all]) : hop.seal()(items([...all]))))
}

/** The wire of each frame apart, in one run of the cipher. */
export async function wiresOf (all: readonly Frame[], hop: CipherLayer): Promise<Uint8Array[]> {
  const layer = frames({ obfuscation: hop.obfuscation })
  const pieces: Uint8Array[] = []
  for await (const bytes of layer.encode()(hop.seal()(items(...all.map(one => [one]))))) pieces.push(bytes.slice())
  return pieces
}

/** Everything of a source in one piece, copied before the next item is asked for. */
export async function bytesOf (source: AsyncIterable<Bytes>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const bytes of source) pieces.push(bytes.slice())
  return join(pieces)
}

/** What a source of bytes holds, frame by frame, copied as batches are only lent; then the error it ended with. */
export async function opened (source: AsyncIterable<Uint8Array>, hop?: CipherLayer): Promise<{ frames: object[], error: string | undefined }> {
  const found: object[] = []
  try {
    const decoded = frames({ obfuscation: hop?.obfuscation }).decode()(source)
    for await (const batch of hop === undefined ? decoded : hop.open()(decoded)) for (const one of batch) found.push(flat(one))
    return { frames: found, error: undefined }
  } catch (error) {
    return { frames: found, error: (error as { code?: string }).code ?? String(error) }
  }
}

/** Bytes in chunks of these lengths, the last one as long as what is left. */
export async function * cut (bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0
  for (const length of lengths) {
    if (at >= bytes.byteLength) return
    yield bytes.slice(at, at + length)
    at += length
  }
  if (at < bytes.byteLength) yield bytes.slice(at)
}

/** Chunks of one length in one buffer, which is written over for each of them. */
export async function * reusing (bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(length)
  for (let at = 0; at < bytes.byteLength; at += length) {
    const piece = bytes.subarray(at, at + length)
    buffer.fill(0xEE)
    buffer.set(piece)
    yield buffer.subarray(0, piece.byteLength)
    buffer.fill(0xEE)
  }
}

/** Packets without a wire: what comes in is given by hand, what goes out is asked for by hand. */
export interface Loose {
  readonly face: PacketFace
  /** Frames that come in, a batch an item. */
  readonly inbound: Channel<OpenedFrame[]>
  /** The next batch that goes out. */
  next(): Promise<IteratorResult<Frame[]>>
  readonly running: Promise<void>
  fail(error: Error): void
}

/** An endpoint of packets with both its directions in hand. As a link would, it fails as a whole when reading does. */
export function loose (options: PacketsOptions = {}): Loose {
  const endpoint = packets(options)
  const inbound = new Channel<OpenedFrame[]>({ maxItems: Infinity, sizeOf: () => 0 })
  const wire = endpoint.outbound[Symbol.asyncIterator]()
  const running = endpoint.run(inbound)
  running.catch((error: unknown) => { endpoint.fail(error as Error) })
  return { face: endpoint.face, inbound, next: () => wire.next(), running, fail: error => { endpoint.fail(error) } }
}

/** Both ends of packets over a memory pair and the cipher. */
export function packetPair (options: { memory?: MemoryPairOptions, cipher?: CipherOptions, left?: PacketsOptions, right?: PacketsOptions } = {}): [PacketLink, PacketLink] {
  const [a, b] = memoryPair(options.memory)
  return [
    link(a, frames(), cipher({ key: LEFT_KEYS, ...options.cipher }), packets(options.left)),
    link(b, frames(), cipher({ key: RIGHT_KEYS, ...options.cipher }), packets(options.right))
  ]
}

/** Two identities, made once: their keys cost more than many a test. */
export const ALICE = createIdentity()
export const SERVER = createIdentity()

/** Both ends of a hardened stack over a memory pair. */
export async function stackPair (options: { memory?: MemoryPairOptions, both?: Partial<HardenedStackOptions>, left?: Partial<HardenedStackOptions>, right?: Partial<HardenedStackOptions> } = {}): Promise<[NovaLink, NovaLink]> {
  const [a, b] = memoryPair(options.memory)
  const ends = await Promise.all([
    stack(a, { role: 'initiator', identity: ALICE, verify: () => true, ...options.both, ...options.left }),
    stack(b, { role: 'responder', identity: SERVER, verify: () => true, ...options.both, ...options.right })
  ])
  return ends
}

/** The bodies of the packets of a source, each read to its end or its error's code, all at once. */
export async function bodiesOf (source: AsyncIterable<Pick<Packet, 'source'>>): Promise<Array<Uint8Array | string>> {
  const reading: Array<Promise<Uint8Array | string>> = []
  for await (const packet of source) reading.push(bodyOf(packet))
  return Promise.all(reading)
}

/** The body of a packet, or the code it failed with. */
export function bodyOf (packet: Pick<Packet, 'source'>): Promise<Uint8Array | string> {
  return collect(packet.source).catch((error: unknown) => (error as { code?: string }).code ?? String(error))
}

/** The next packet of a face; it must be there or come. */
export async function nextPacket<P> (source: AsyncIterable<P>): Promise<P> {
  const { value, done } = await source[Symbol.asyncIterator]().next() as IteratorResult<P, undefined>
  if (done === true) throw new Error('no more packets')
  return value
}

/** Lets a promise that may fail be awaited later. */
export function later<T> (promise: Promise<T>): Promise<T> {
  promise.catch(ignore)
  return promise
}

/** As if it had been opened: its content is nobody else's. */
export function sealed (one: Frame): Frame {
  return { ...one, encrypted: true }
}

/** Frames that go out until there are `count`, copied. */
export async function take (link: Loose, count: number): Promise<FlatFrame[]> {
  const found: FlatFrame[] = []
  while (found.length < count) {
    const { value, done } = await link.next() as IteratorResult<Frame[], undefined>
    if (done === true) return found
    found.push(...value.map(one => flat(one)))
  }
  return found
}

/** So many MiB, made as they are asked for, from one buffer that is written over. */
export async function * flood (mib: number): AsyncGenerator<Uint8Array> {
  const buffer = new Uint8Array(1_048_576)
  for (let index = 0; index < mib; index++) yield buffer.fill(index)
}
