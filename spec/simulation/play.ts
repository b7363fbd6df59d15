import { contentOf } from './content.js'
import type { Random } from './random.js'

/** One direction of a stream: what its two ends do, and what has become of it. */
export interface Half {
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
    const length = random.chance(0.2) ? 0 : random.int(1, !plain && random.chance(0.2) ? 200_000 : 3000)
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
