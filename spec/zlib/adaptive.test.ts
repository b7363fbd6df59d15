import test from 'ava'
import { crypto } from '../../lib/crypto/index.js'
import { join } from '../../lib/stream/index.js'
import { Adaptive } from '../../lib/zlib/adaptive.js'
import { deflate, inflate } from '../../lib/zlib/index.js'

const LONGEST_REST = 8_388_608

test('data that never shrinks is stored, with tries at growing distances', t => {
  const adaptive = new Adaptive(6)
  let tried = 0
  const rests: number[] = []
  for (let i = 0; i < 20; i++) {
    const step = adaptive.next()
    if (step.level === 0) rests.push(step.bytes)
    else tried += step.bytes
    adaptive.report(step.bytes, step.bytes + 5)
  }
  t.is(tried, 10 * 16_000)
  t.deepEqual(rests.slice(0, 3), [131_072, 262_144, 524_288])
  t.is(rests.at(-1), LONGEST_REST)
})

test('data that shrinks again is compressed again, and a new rest starts small', t => {
  const adaptive = new Adaptive(9)
  for (let i = 0; i < 8; i++) {
    const { bytes } = adaptive.next()
    adaptive.report(bytes, bytes)
  }
  t.deepEqual(adaptive.next(), { level: 9, bytes: 16_000, measure: true })
  adaptive.report(16_000, 4000)
  t.deepEqual(adaptive.next(), { level: 9, bytes: 65_536, measure: false })
  adaptive.report(65_536, 65_000)
  t.deepEqual(adaptive.next(), { level: 0, bytes: 131_072, measure: false })
})

test('a try that comes in small parts is judged as one', t => {
  const adaptive = new Adaptive(6)
  for (let i = 0; i < 16; i++) adaptive.report(1024, 1100)
  t.is(adaptive.next().level, 0)
})

test('level 0 never tries', t => {
  const adaptive = new Adaptive(0)
  adaptive.report(10_000_000, 1)
  t.deepEqual(adaptive.next(), { level: 0, bytes: Infinity, measure: false })
})

test('text between random bytes is seen at once, wherever the rest stands', t => {
  const adaptive = new Adaptive(6)
  for (let i = 0; i < 9; i++) adaptive.report(adaptive.next().bytes, 100_000_000)
  t.is(adaptive.next().level, 0)
  const mixed = crypto.randomBytes(262_144)
  mixed.fill(0x20, 131_072)
  // two parts of random bytes are stored, then the text is tried
  t.deepEqual(adaptive.next(mixed), { level: 0, bytes: 131_072, measure: false })
  adaptive.report(131_072, 131_072)
  t.deepEqual(adaptive.next(mixed.subarray(131_072)), { level: 6, bytes: 16_000, measure: true })
})

test('text and random bytes in turn, a MiB each, come to little more than the random bytes', async t => {
  const text = new TextEncoder().encode('the quick brown fox jumps over the lazy dog, and then once more. '.repeat(17_000)).subarray(0, 1_048_576)
  const bytes = join(Array.from({ length: 8 }, (_, i) => i % 2 === 0 ? text : crypto.randomBytes(1_048_576)))
  const packed = await deflate(bytes)
  t.true(packed.byteLength < 4.3 * 1_048_576, `${packed.byteLength}`)
  t.true(Buffer.from(bytes).equals(await inflate(packed)))
})
