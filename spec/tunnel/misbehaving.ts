import { setImmediate as turn } from 'node:timers/promises'
import type { PeerStream } from '../../lib/relay/index.js'
import { encodeData, encodeReset } from '../../lib/tunnel/records.js'
import type { Random } from '../simulation/random.js'

// What one end of a stream of a tunnel can do to the other, drawn from a seed.

/** How it says what it says, and what becomes of it then. */
type Way = 'whole' | 'trickled' | 'cut'
type End = 'end' | 'hang' | 'fail'
type Reading = 'all' | 'some' | 'none' | 'leave'

const WAYS: readonly Way[] = ['whole', 'whole', 'trickled', 'cut']
const ENDS: readonly End[] = ['end', 'hang', 'hang', 'fail']
const READINGS: readonly Reading[] = ['all', 'some', 'none', 'leave']

/** Does with a stream what is drawn: says one of the beginnings, in whatever way, then records, right or wrong. Settles after a while, whether the stream is over by then or not. */
export async function misbehave (stream: PeerStream, draw: Random, beginnings: readonly Uint8Array[]): Promise<void> {
  if (draw.chance(0.05)) return stream.abort(new Error('at once'))
  const said = saying(bytesOf(draw, beginnings), draw.pick(WAYS), draw.pick(ENDS), draw.fork())
  stream.sink(said).catch(() => {})
  read(stream, draw.pick(READINGS)).catch(() => {})
  // so long that most of it has happened, or little
  for (let left = draw.pick([0, 5, 50]); left > 0; left--) await turn()
  if (draw.chance(0.3)) stream.abort(new Error('at the end'))
}

function bytesOf (draw: Random, beginnings: readonly Uint8Array[]): Buffer {
  const records: Uint8Array[] = []
  for (let count = draw.int(0, 4); count > 0; count--) {
    const kind = draw.weighted({ data: 4, tiny: 2, reset: 1, huge: 1, rubbish: 1 })
    if (kind === 'data') records.push(encodeData(new Uint8Array(draw.int(1, 50_000))))
    else if (kind === 'tiny') records.push(...Array.from({ length: draw.int(1, 5000) }, () => encodeData(Uint8Array.of(1))))
    else if (kind === 'reset') records.push(encodeReset())
    else if (kind === 'huge') records.push(Uint8Array.of(255, 255, 255, 255, 7))
    else records.push(Uint8Array.from({ length: draw.int(1, 100) }, () => draw.int(0, 255)))
  }
  return Buffer.concat([draw.pick(beginnings), ...records])
}

async function * saying (bytes: Uint8Array, way: Way, end: End, draw: Random): AsyncGenerator<Uint8Array> {
  const most = way === 'cut' ? draw.int(0, bytes.byteLength) : bytes.byteLength
  const size = way === 'trickled' ? 1 : 65_536
  // a trickle of more would only take long
  for (let at = 0; at < Math.min(most, 300 * size); at += size) yield bytes.subarray(at, Math.min(at + size, most))
  if (end === 'hang') await new Promise(() => {})
  if (end === 'fail') throw new Error('in the middle')
}

/** Reads everything, a part, or nothing; or says that it reads nothing. */
async function read (stream: PeerStream, how: Reading): Promise<void> {
  if (how === 'none') return
  const source = stream.source[Symbol.asyncIterator]()
  if (how === 'leave') await source.return?.()
  for (let left = how === 'some' ? 2 : Infinity; left > 0; left--) if ((await source.next()).done === true) return
}
