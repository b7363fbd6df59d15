import { HushwireError } from '../../lib/stream/index.js'
import { RESET_CODES, resetError } from '../../lib/nova/index.js'
import type { PeerStream } from '../../lib/relay/index.js'
import { contentOf, sameBytes } from './content.js'
import type { Process } from './actor.js'
import type { Random } from './random.js'
import { nameOf } from './tracker.js'
import type { World } from './world.js'

/** One direction of a stream: what its two ends do, and what has become of it. */
interface Half {
  readonly name: string
  readonly content: Uint8Array
  /** Bytes of a piece. */
  readonly piece: number
  /** The sender resets the stream there. */
  readonly abortAt: number
  /** The sender's source throws there. */
  readonly throwAt: number
  /** The reader wants no more from there on. */
  readonly leaveAt: number
  /** The reader does nothing for so long, in the middle. */
  readonly stall: number
  sent: number
  /** The sender has said that this was all. */
  ended: boolean
  received: number
}

/** A stream that somebody opens. */
export interface Play {
  readonly number: number
  /** Of the opener, and of the other side. */
  readonly halves: readonly [up: Half, down: Half]
  /** What the other side does with it. */
  readonly answer: 'accept' | 'refuse' | 'ignore'
}

/** Draws a stream. One that is plain fails by faults of the network alone. */
export function playOf (random: Random, number: number, plain: boolean): Play {
  const half = (name: string): Half => {
    const length = random.chance(0.2) ? 0 : random.int(1, random.chance(0.2) ? 200_000 : 3000)
    const at = (probability: number): number => !plain && random.chance(probability) ? random.int(0, length) : Infinity
    return {
      name: `stream ${number} ${name}`,
      content: contentOf(number * 2 + (name === 'up' ? 0 : 1), length),
      piece: random.int(1, random.pick([20, 900, 20_000])) + Math.floor(length / 200),
      abortAt: at(0.15),
      throwAt: at(0.1),
      leaveAt: at(0.1),
      stall: !plain && random.chance(0.15) ? random.int(10, 12_000) : 0,
      sent: 0,
      ended: false,
      received: 0
    }
  }
  return { number, halves: [half('up'), half('down')], answer: plain || random.chance(0.85) ? 'accept' : random.pick(['refuse', 'ignore'] as const) }
}

/** Plays one side of a stream to its end. Never rejects. */
export async function playSide (world: World, process: Process, stream: PeerStream, play: Play, side: 0 | 1): Promise<boolean> {
  const [out, incoming] = side === 0 ? play.halves : [play.halves[1], play.halves[0]]
  const { tracker } = world
  const who = `${out.name} at ${process.name}`
  const results = await Promise.all([
    tracker.track(`sink of ${who}`, stream.sink(source(world, process, stream, out))),
    tracker.track(`reading beside ${who}`, read(world, stream, incoming)),
    tracker.track(`closed of ${who}`, stream.closed)
  ])
  const failures = results.flatMap(result => 'error' in result ? [result.error] : [])
  for (const error of failures) {
    if (!(error instanceof HushwireError) && error !== process.reason && nameOf(error) !== 'the source has failed') world.problem(`${who} failed with ${nameOf(error)}`)
  }
  world.note(`${who} is over${failures.length > 0 ? `: ${failures.map(nameOf).join()}` : ''}`)
  return failures.length === 0
}

async function * source (world: World, process: Process, stream: PeerStream, half: Half): AsyncGenerator<Uint8Array, void> {
  const { content, piece, abortAt, throwAt } = half
  while (half.sent < content.byteLength) {
    if (process.reason !== undefined) throw process.reason
    if (half.sent >= abortAt) stream.abort(resetError(RESET_CODES.cancelled))
    if (half.sent >= throwAt) throw new Error('the source has failed')
    const bytes = content.subarray(half.sent, half.sent + piece)
    half.sent += bytes.byteLength
    yield bytes
    await world.pause()
  }
  half.ended = true
}

async function read (world: World, stream: PeerStream, half: Half): Promise<void> {
  const { content, leaveAt, stall, name } = half
  for await (const bytes of stream.source) {
    const { received } = half
    half.received += bytes.byteLength
    if (half.received > half.sent || !sameBytes(bytes, content.subarray(received, half.received))) world.problem(`${name}: other bytes than were sent, at ${received}`)
    if (half.received >= leaveAt) return
    await world.pause()
    if (received < content.byteLength / 2 && half.received >= content.byteLength / 2 && stall > 0) await world.clock.sleep(stall)
  }
  if (!half.ended || half.received !== content.byteLength) world.problem(`${name}: its end was seen after ${half.received} of ${content.byteLength} bytes, ${half.ended ? '' : 'not '}ended by its sender`)
}
