import type { Benchmark } from './harness/benchmark.js'
import { compressed, relayed, RELAYED_MEASURES } from './relayed.js'

const SESSION = 'session through the relay'
const ZLIB = 'node:zlib\'s stream, same level'

/** What compresses, from end to end. */
export const sessionText: Benchmark = {
  name: 'session-text',
  work: '256 MiB of JSON, end to end through the relay, three processes, at the standard level (6)',
  measures: RELAYED_MEASURES,
  contenders: [
    relayed(SESSION, 'session', 'json', quick => quick ? 2 ** 23 : 2 ** 28),
    compressed(ZLIB, 'json', 6, quick => quick ? 2 ** 23 : 2 ** 28)
  ],
  aims: [{ measure: 'rate', of: SESSION, against: ZLIB, atLeast: 0.9 }]
}
