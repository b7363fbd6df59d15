import { deepEqual, equal } from 'node:assert/strict'
import { toHex } from '../../lib/bytes/index.js'
import { MAX_PLAINTEXT } from '../../lib/nova/index.js'
import { ignore } from '../../lib/stream/index.js'
import type { Case, CaseContext } from '../harness/peer.js'
import { contentOf, digestOf } from './contents.js'
import { meet } from './meet.js'
import type { RawFrame, Report } from './job.js'
import { ourPackets, receive } from './ours.js'
import { wireOf } from './raw-frames.js'

const ONE = contentOf({ seed: 103, size: 32 })
const TWO = contentOf({ seed: 104, size: 32 })

/** Frames that break a rule, sent by each side in turn, and what the other makes of them. */
interface Failure {
  readonly name: string
  readonly frames: readonly RawFrame[]
  readonly cut?: number
  readonly obfuscate?: true
  readonly portable?: true
  /** Of each packet that was seen, in order: the size of what came whole, or its error's code of ours. */
  readonly packets: ReadonlyArray<number | string>
  /** Why the link failed, if it did. */
  readonly link?: string
}

/** What the Go peer calls what ours calls so. */
const CODES: Readonly<Record<string, string>> = {
  ERR_CIPHER_OPEN: 'authentication',
  ERR_CIPHER_REPLAY: 'replay',
  ERR_CIPHER_FAILED: 'failures',
  ERR_CIPHER_PLAINTEXT: 'plaintext',
  ERR_FRAME_MAGIC: 'magic',
  ERR_FRAME_SIZE: 'oversize',
  ERR_FRAME_FLAG: 'flag',
  ERR_FRAME_TRUNCATED: 'truncated',
  ERR_PACKET_SEQUENCE: 'gap',
  ERR_PACKET_TERMINATOR: 'terminating',
  ERR_PACKET_TRUNCATED: 'packet-truncated',
  ERR_PACKET_TOO_MANY: 'in-flight',
  ERR_PACKET_PROTOCOL: 'control'
}

const SIZE = 40
/** The last byte of a sealed frame with SIZE bytes of content: of its tag. */
const TAG = 18 + SIZE + 15

function data (packetNonce: number, frameNonce: number, more: Partial<RawFrame> = {}): RawFrame {
  return { packetNonce, frameNonce, size: SIZE, ...more }
}

function end (packetNonce: number, frameNonce: number, more: Partial<RawFrame> = {}): RawFrame {
  return { packetNonce, frameNonce, terminating: true, ...more }
}

/** A whole packet of one frame and its end. */
function whole (packetNonce: number): RawFrame[] {
  return [data(packetNonce, 1), end(packetNonce, 2)]
}

/** A frame that does not open, so many times. */
function bad (times: number): RawFrame {
  return data(900, 1, { flip: TAG, repeat: times - 1 })
}

const FAILURES: readonly Failure[] = [
  { name: 'nothing wrong', portable: true, frames: [data(1, 1), data(2, 1), end(1, 2), end(2, 2)], packets: [SIZE, SIZE] },
  { name: 'a tag changed fails its packet', portable: true, frames: [data(1, 1), data(2, 1), data(1, 2, { flip: TAG }), end(1, 3), end(2, 2)], packets: ['ERR_CIPHER_OPEN', SIZE] },
  { name: 'content changed fails its packet', frames: [data(1, 1), data(1, 2, { flip: 20 }), end(1, 3), ...whole(2)], packets: ['ERR_CIPHER_OPEN', SIZE] },
  { name: 'a terminating frame changed fails its packet', frames: [data(1, 1), end(1, 2, { flip: 18 }), ...whole(2)], packets: ['ERR_CIPHER_OPEN', SIZE] },
  { name: 'the terminating flag flipped fails its packet', frames: [data(1, 1), end(1, 2, { flip: 16 }), ...whole(2)], packets: ['ERR_CIPHER_OPEN', SIZE] },
  { name: 'a first frame changed makes no packet', frames: [data(1, 1, { flip: TAG }), end(1, 2), ...whole(2)], packets: [SIZE] },
  { name: 'a frame of a packet not open fails nothing', frames: [data(1, 1), data(77, 3, { flip: TAG }), data(78, 3), end(1, 2)], packets: [SIZE] },
  { name: 'a packet nonce changed to that of another packet fails that one', frames: [data(2, 1), data(3, 1), data(3, 2, { flip: 15 }), end(2, 2), end(3, 3)], packets: ['ERR_CIPHER_OPEN', 'ERR_PACKET_SEQUENCE'] },
  { name: 'a gap', portable: true, frames: [data(1, 1), data(1, 3), end(1, 4), ...whole(2)], packets: ['ERR_PACKET_SEQUENCE', SIZE] },
  { name: 'a repeat', frames: [data(1, 1), data(1, 2, { repeat: 1 }), end(1, 3), ...whole(2)], packets: ['ERR_PACKET_SEQUENCE', SIZE] },
  { name: 'a first frame twice', frames: [data(1, 1, { repeat: 1 }), end(1, 2), ...whole(2)], packets: ['ERR_CIPHER_REPLAY', SIZE] },
  { name: 'a whole packet twice', frames: [...whole(1), ...whole(1), ...whole(2)], packets: [SIZE, SIZE] },
  { name: 'packets that begin at the edge of the window', frames: [...whole(1025), ...whole(2), ...whole(1), ...whole(1026)], packets: [SIZE, SIZE, SIZE] },
  { name: 'content in a terminating frame', portable: true, frames: [data(1, 1), end(1, 2, { size: 1 }), ...whole(2)], packets: ['ERR_PACKET_TERMINATOR', SIZE] },
  { name: 'an empty frame that ends nothing is passed over', frames: [data(1, 1), { packetNonce: 1, frameNonce: 2 }, data(1, 3), end(1, 4)], packets: [2 * SIZE] },
  { name: 'an empty frame alone, then the end', frames: [{ packetNonce: 1, frameNonce: 1 }, end(1, 2)], packets: [0] },
  { name: '15 bad frames, a good packet, 15 more', frames: [bad(15), ...whole(1), bad(15), ...whole(2)], packets: [SIZE, SIZE] },
  { name: '16 bad frames in a row', portable: true, frames: [data(1, 1), bad(16), end(1, 2)], packets: ['ERR_CIPHER_FAILED'], link: 'ERR_CIPHER_FAILED' },
  { name: 'replays in a row, which open, fail nothing', frames: [data(2000, 1), data(3, 1, { repeat: 16 }), end(2000, 2)], packets: [SIZE] },
  { name: 'a plain frame after the key', portable: true, frames: [data(1, 1), data(1, 2, { plain: true }), end(1, 3)], packets: ['ERR_CIPHER_PLAINTEXT'], link: 'ERR_CIPHER_PLAINTEXT' },
  { name: 'an encrypted frame that was never sealed', frames: [data(1, 1), data(1, 2, { plain: true, header: '4e4f56410000002800000002000000010001' }), end(1, 3), ...whole(2)], packets: ['ERR_CIPHER_OPEN', SIZE] },
  { name: 'an encrypted frame shorter than its tag', frames: [data(1, 1), data(1, 2, { plain: true, size: 5, header: '4e4f56410000000500000002000000010001' }), end(1, 3), ...whole(2)], packets: ['ERR_CIPHER_OPEN', SIZE] },
  { name: 'a whole packet, then a plain frame, all in one chunk', frames: [...whole(1), data(2, 1, { plain: true })], packets: [SIZE], link: 'ERR_CIPHER_PLAINTEXT' },
  { name: 'a whole packet, then a wrong magic, all in one chunk', frames: [...whole(1), data(2, 1, { flip: 0 })], packets: [SIZE], link: 'ERR_FRAME_MAGIC' },
  { name: 'packet 0 under the key', frames: [data(1, 1), data(0, 1)], packets: ['ERR_PACKET_PROTOCOL'], link: 'ERR_PACKET_PROTOCOL' },
  { name: 'a wrong magic', frames: [data(1, 1), data(1, 2, { flip: 3 })], packets: ['ERR_FRAME_MAGIC'], link: 'ERR_FRAME_MAGIC' },
  { name: 'a terminating byte of 2', frames: [data(1, 1), data(1, 2, { header: '4e4f5641000000380000000200000001' + '0201' })], packets: ['ERR_FRAME_FLAG'], link: 'ERR_FRAME_FLAG' },
  { name: 'an encrypted byte of 255', frames: [data(1, 1), data(1, 2, { header: '4e4f5641000000380000000200000001' + '00ff' })], packets: ['ERR_FRAME_FLAG'], link: 'ERR_FRAME_FLAG' },
  { name: 'a frame of exactly 1 MiB', portable: true, frames: [data(1, 1, { size: MAX_PLAINTEXT }), data(1, 2, { size: MAX_PLAINTEXT }), end(1, 3)], packets: [2 * MAX_PLAINTEXT] },
  { name: 'a frame of 1 MiB and a byte', frames: [data(1, 1), data(1, 2, { header: '4e4f5641000fffef' })], packets: ['ERR_FRAME_SIZE'], link: 'ERR_FRAME_SIZE' },
  { name: 'a frame of 4 GiB, refused by its header', frames: [data(1, 1), data(1, 2, { header: '4e4f5641ffffffff' })], packets: ['ERR_FRAME_SIZE'], link: 'ERR_FRAME_SIZE' },
  { name: 'the stream ends inside content', portable: true, frames: [data(1, 1), data(1, 2)], cut: 1, packets: ['ERR_FRAME_TRUNCATED'], link: 'ERR_FRAME_TRUNCATED' },
  { name: 'the stream ends inside a header', frames: [data(1, 1), data(1, 2)], cut: SIZE + 16 + 1, packets: ['ERR_FRAME_TRUNCATED'], link: 'ERR_FRAME_TRUNCATED' },
  { name: 'the stream ends before the packet', portable: true, frames: [...whole(1), data(2, 1), data(3, 1), end(3, 2)], packets: [SIZE, 'ERR_PACKET_TRUNCATED', SIZE] },
  { name: '1,024 packets in flight', frames: Array.from({ length: 1024 }, (_, index) => data(index + 1, 1)), packets: Array.from({ length: 1024 }, () => 'ERR_PACKET_TRUNCATED') },
  { name: '1,025 packets in flight', frames: Array.from({ length: 1025 }, (_, index) => data(index + 1, 1)), packets: Array.from({ length: 1024 }, () => 'ERR_PACKET_TOO_MANY'), link: 'ERR_PACKET_TOO_MANY' },
  { name: 'a tag changed under masked headers fails its packet', portable: true, obfuscate: true, frames: [data(1, 1), data(2, 1), data(1, 2, { flip: TAG }), end(1, 3), end(2, 2)], packets: ['ERR_CIPHER_OPEN', SIZE] },
  { name: 'a bit of a masked magic', obfuscate: true, frames: [data(1, 1), data(1, 2, { flip: 0 })], packets: ['ERR_FRAME_MAGIC'], link: 'ERR_FRAME_MAGIC' },
  { name: 'a bit of what the mask is made of', obfuscate: true, frames: [data(1, 1), data(1, 2, { flip: 18 })], packets: ['ERR_FRAME_MAGIC'], link: 'ERR_FRAME_MAGIC' },
  { name: 'the stream ends inside a masked header', obfuscate: true, frames: [data(1, 1), data(1, 2)], cut: SIZE + 16 + 1, packets: ['ERR_FRAME_TRUNCATED'], link: 'ERR_FRAME_TRUNCATED' },
  { name: 'the stream ends inside what a mask is made of', obfuscate: true, frames: [data(1, 1), end(1, 2)], cut: 1, packets: ['ERR_FRAME_TRUNCATED'], link: 'ERR_FRAME_TRUNCATED' }
]

/** Theirs writes the frames and ours reads them. */
async function refusedByOurs (context: CaseContext, { frames, cut, obfuscate, packets, link }: Failure): Promise<void> {
  const { ours } = await meet(context, { seal: toHex(TWO), open: toHex(ONE), frames: [...frames], cut: cut ?? 0, obfuscate: obfuscate ?? false }, async connection => {
    const wire = ourPackets(connection, { key: { seal: ONE, open: TWO }, obfuscate })
    wire.closed.catch(ignore)
    const report = await receive(wire.source, packet => packet.source)
    // what failed has closed the connection by itself
    if (report.error === undefined) await wire.close()
    return report
  })
  equal(ours.error, link)
  deepEqual(outcomeOf(ours), outcome(packets))
}

/** Ours writes the frames and theirs reads them. */
async function refusedByTheirs (context: CaseContext, { frames, cut, obfuscate, packets, link }: Failure): Promise<void> {
  const wire = await wireOf(frames, ONE, { obfuscate, cut })
  const { theirs } = await meet(context, { seal: toHex(TWO), open: toHex(ONE), obfuscate: obfuscate ?? false }, async connection => {
    const sent = connection.sink((async function * () { yield * wire })())
    const read = (async () => { for await (const none of connection.source) throw new Error(`${none.byteLength} bytes came back`) })()
    // a peer that has refused resets the connection
    await Promise.allSettled([sent, read])
  })
  deepEqual(outcomeOf(theirs), outcome(packets.map(translated)))
  equal(theirs.error, link === undefined ? undefined : CODES[link])
}

function translated (packet: number | string): number | string {
  return typeof packet === 'number' ? packet : CODES[packet] as string
}

function outcomeOf ({ packets }: Report): unknown[] {
  return packets.map(({ size, sha256, error }) => error ?? { size, sha256 })
}

/** Frames of SIZE bytes have the same content each. */
function outcome (packets: ReadonlyArray<number | string>): unknown[] {
  return packets.map(packet => typeof packet === 'string' ? packet : digestOf(repeated(packet)))
}

function repeated (size: number): Uint8Array {
  const frame = contentOf({ seed: 0, size: size % MAX_PLAINTEXT === 0 ? Math.min(size, MAX_PLAINTEXT) : SIZE })
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at += frame.byteLength) bytes.set(frame, at)
  return bytes
}

export const FAILURE_CASES: readonly Case[] = FAILURES.flatMap(failure => [
  { name: `${failure.name}: theirs to ours`, ...portable(failure), run: context => refusedByOurs(context, failure) },
  { name: `${failure.name}: ours to theirs`, ...portable(failure), run: context => refusedByTheirs(context, failure) }
])

function portable ({ portable }: Failure): Pick<Case, 'portable'> {
  return portable === undefined ? {} : { portable }
}
