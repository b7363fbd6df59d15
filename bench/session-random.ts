import { HARDENED, pairOf } from './contenders.js'
import type { Benchmark } from './harness/benchmark.js'
import { bulk } from './nova-bulk.js'
import { compressed, relayed, RELAYED_MEASURES } from './relayed.js'

const SESSION = 'session through the relay'
const ZLIB = 'zlib level 6 alone'
const HOP = `nova-bulk, ${HARDENED}`

/** What does not compress, from end to end. */
export const sessionRandom: Benchmark = {
  name: 'session-random',
  work: '1 GiB that does not compress, end to end through the relay, three processes; zlib alone on 128 MiB of it',
  measures: RELAYED_MEASURES,
  contenders: [
    relayed(SESSION, 'session', 'random', quick => quick ? 2 ** 24 : 2 ** 30),
    { ...pairOf(HARDENED, bulk), name: HOP },
    compressed(ZLIB, 'random', 6, quick => quick ? 2 ** 22 : 2 ** 27)
  ],
  aims: [
    { measure: 'rate', of: SESSION, against: ZLIB, atLeast: 5 },
    { measure: 'rate', of: SESSION, against: HOP, atLeast: 0.5 }
  ]
}
