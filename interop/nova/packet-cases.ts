import { deepEqual, equal, ok } from 'node:assert/strict'
import { toHex } from '../../lib/bytes/index.js'
import { cipher, frames, MAX_PLAINTEXT, type Frame } from '../../lib/nova/index.js'
import { join, pipe } from '../../lib/stream/index.js'
import type { TcpConnection } from '../../lib/transport/tcp.js'
import type { Case, CaseContext } from '../harness/peer.js'
import { contentOf } from './contents.js'
import { meet } from './meet.js'
import type { Content, Job, Received } from './job.js'
import { exchange, expected, ourPackets, type HopOptions } from './ours.js'

/** Keys of the hop, as ours are: ours seals with what theirs opens with. */
const ONE = contentOf({ seed: 101, size: 32 })
const TWO = contentOf({ seed: 102, size: 32 })

interface Packets {
  /** What each side sends. */
  contents: readonly Content[]
  theirs?: Job
  ours?: Omit<HopOptions, 'key'>
  oneKey?: boolean
}

/** Both sides send the same packets at once, and each must have received them all. */
async function bothWays (context: CaseContext, { contents, theirs = {}, ours = {}, oneKey = false }: Packets): Promise<void> {
  const second = oneKey ? ONE : TWO
  const job: Job = { seal: toHex(second), open: toHex(ONE), send: [...contents], ...theirs }
  const result = await meet(context, job, connection => exchange(ourPackets(connection, { key: oneKey ? ONE : { seal: ONE, open: second }, ...ours }), contents))
  equal(result.theirs.error, undefined)
  deepEqual(result.ours.packets, expected(contents))
  // theirs goes by the order of first frames; ours are sent side by side, and that is free
  deepEqual(sorted(result.theirs.packets), sorted(expected(contents)))
  const nonces = result.theirs.packets.map(({ nonce }) => nonce)
  if (ours.limits?.maxOutgoing !== undefined && contents.length > 1) {
    const { together = 0 } = result.theirs
    ok(together > 1 && together <= ours.limits.maxOutgoing, `${together} in flight together`)
  }
  deepEqual(nonces, contents.map((_, index) => index + 1), 'packet nonces go from 1, in the order of first frames')
}

function sorted (packets: readonly Received[]): Array<[number, string, string | undefined]> {
  return packets.map(({ size, sha256, error }): [number, string, string | undefined] => [size, sha256, error]).sort(([a, one], [b, two]) => a - b || (one < two ? -1 : 1))
}

/** Many packets of sizes around those of frames. */
function many (count: number): Content[] {
  const sizes = [0, 1, 100, 2000, 65_535, 65_536, 65_537, 150_000]
  return Array.from({ length: count }, (_, seed) => ({ seed, size: sizes[seed % sizes.length] as number }))
}

/** Plain frames of packetNonce 0, then the key, then frames under it, with everything in one write each way. */
async function lateKey (connection: TcpConnection): Promise<{ plain: string[], sealed: string[] }> {
  const hop = cipher({ handshakeFrames: 2 })
  const layer = frames()
  const mine = [0, 1].map(index => plainFrame(0, index + 1, contentOf({ seed: index, size: 40 })))
  const under = [plainFrame(1, 1, contentOf({ seed: 7, size: 70 })), plainFrame(1, 2, new Uint8Array(0), true)]
  const sending = connection.sink(pipe([[...mine, ...under]], async function * (source) { yield * source }, hop.seal(), layer.encode()))
  const report = { plain: [] as string[], sealed: [] as string[] }
  for await (const batch of pipe(connection.source, layer.decode(), hop.open())) {
    for (const frame of batch) {
      if ('error' in frame) throw frame.error
      report[frame.encrypted ? 'sealed' : 'plain'].push(toHex(join(frame.content)))
    }
    if (report.plain.length === 2 && report.sealed.length === 0) hop.setKey({ seal: ONE, open: TWO })
  }
  await sending
  return report
}

function plainFrame (packetNonce: number, frameNonce: number, content: Uint8Array, terminating = false): Frame {
  return { packetNonce, frameNonce, terminating, encrypted: false, size: content.byteLength, content: [content] }
}

async function plainThenSealed (context: CaseContext): Promise<void> {
  const plain = [2, 3].map(seed => toHex(contentOf({ seed, size: 40 })))
  const { ours, theirs } = await meet(context, { plain, seal: toHex(TWO), open: toHex(ONE), send: [{ seed: 8, size: 70 }] }, lateKey)
  equal(theirs.error, undefined)
  deepEqual(theirs.plain, [0, 1].map(seed => toHex(contentOf({ seed, size: 40 }))))
  deepEqual(theirs.packets, [{ nonce: 1, ...expected([{ seed: 7, size: 70 }])[0] }])
  deepEqual(ours, { plain, sealed: [toHex(contentOf({ seed: 8, size: 70 })), ''] })
}

/** Theirs begins its packets with nonces 64, 63, … 1, as a Go peer can that takes them before its first write. */
async function outOfOrder (context: CaseContext): Promise<void> {
  const contents = many(64)
  const send = contents.map((content, index) => ({ ...content, nonce: contents.length - index }))
  const job: Job = { seal: toHex(TWO), open: toHex(ONE), inFlight: 64, send }
  const { ours, theirs } = await meet(context, job, connection => exchange(ourPackets(connection, { key: { seal: ONE, open: TWO } }), []))
  equal(theirs.error, undefined)
  deepEqual(ours.packets, expected(contents))
}

export const PACKET_CASES: readonly Case[] = [
  {
    name: 'plain frames, then the key',
    portable: true,
    run: plainThenSealed
  },
  { name: 'one packet', portable: true, run: context => bothWays(context, { contents: [{ seed: 1, size: 1000 }] }) },
  { name: 'an empty packet', portable: true, run: context => bothWays(context, { contents: [{ seed: 1, size: 0 }] }) },
  { name: 'no packet', run: context => bothWays(context, { contents: [] }) },
  { name: 'one key for both directions', portable: true, run: context => bothWays(context, { contents: many(20), oneKey: true }) },
  { name: '1,000 packets, 64 in flight', run: context => bothWays(context, { contents: many(1000), theirs: { inFlight: 64 }, ours: { limits: { maxOutgoing: 64 } } }) },
  { name: '100 packets, 16 in flight, obfuscated headers', portable: true, run: context => bothWays(context, { contents: many(100), theirs: { inFlight: 16, obfuscate: true }, ours: { obfuscate: true, limits: { maxOutgoing: 16 } } }) },
  { name: 'a packet of 64 MiB', run: context => bothWays(context, { contents: [{ seed: 3, size: 67_108_864 }] }) },
  {
    name: 'frames of 1 MiB',
    portable: true,
    run: context => bothWays(context, { contents: [{ seed: 4, size: 3 * MAX_PLAINTEXT + 5 }, { seed: 5, size: MAX_PLAINTEXT }], theirs: { frameSize: MAX_PLAINTEXT } })
  },
  { name: 'frames of one byte', run: context => bothWays(context, { contents: [{ seed: 4, size: 3000 }], theirs: { frameSize: 1, obfuscate: true }, ours: { obfuscate: true, limits: { maxFrame: 1 } } }) },
  {
    name: 'first frames out of order, within the window',
    run: outOfOrder
  }
]
