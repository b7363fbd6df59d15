import test from 'ava'
import { cipher, encodeHeader, FrameDecoder, frames, HEADER_LENGTH, MAX_FRAME, MAX_PLAINTEXT, type CipherLayer, type Frame } from '../../lib/nova/index.js'
import { join } from '../../lib/stream/index.js'
import { bytesOf, cut, flat, frame, KEY_ONE, opened, packetFrames, reusing, wireOf } from './support.js'
import { codeOf, items, pattern } from '../support/sources.js'

const FRAMES: Frame[] = [...packetFrames(1, pattern(7), pattern(300)), ...packetFrames(2, pattern(3000)), frame(3, 1, undefined, true)]
const masked = (): CipherLayer => cipher({ key: KEY_ONE, obfuscate: true })
const kinds: Array<[name: string, hop: () => CipherLayer | undefined]> = [
  ['plain', () => undefined],
  ['sealed', () => cipher({ key: KEY_ONE })],
  ['obfuscated', masked]
]

for (const [name, hop] of kinds) {
  test(`${name}: cut in two at every byte, the frames are the same`, async t => {
    const wire = await wireOf(FRAMES, hop())
    const whole = await opened(items(wire), hop())
    t.is(whole.error, undefined)
    t.is(whole.frames.length, FRAMES.length)
    for (let at = 1; at < wire.byteLength; at++) {
      const both = await opened(cut(wire, [at]), hop())
      if (both.error !== undefined || both.frames.length !== FRAMES.length) t.fail(`cut at ${at}: ${both.error}`)
      if (at % 97 === 0) t.deepEqual(both, whole, `cut at ${at}`)
    }
  })

  test(`${name}: chunks of one byte and others, from one buffer that is used again`, async t => {
    const wire = await wireOf(FRAMES, hop())
    const whole = await opened(items(wire), hop())
    for (const length of [1, 2, 17, 18, 19, 33, 34, 35, 1000, wire.byteLength]) {
      t.deepEqual(await opened(cut(wire, Array.from({ length: wire.byteLength }, () => length)), hop()), whole, `chunks of ${length}`)
      t.deepEqual(await opened(reusing(wire, length), hop()), whole, `one buffer of ${length}`)
    }
  })

  test(`${name}: an end at every byte is truncated but between frames`, async t => {
    const wire = await wireOf(FRAMES.slice(0, 3), hop())
    const ends = new Set<number>()
    for (let count = 0; count <= 3; count++) ends.add((await wireOf(FRAMES.slice(0, count), hop())).byteLength)
    for (let end = 0; end <= wire.byteLength; end++) {
      for (const chunk of [1, wire.byteLength]) {
        const { error } = await opened(reusing(wire.subarray(0, end), chunk), hop())
        if (error !== (ends.has(end) ? undefined : 'ERR_FRAME_TRUNCATED')) t.fail(`an end after ${end} bytes: ${error}`)
      }
    }
    t.is(ends.size, 4)
  })
}

test('frames of one chunk are views of it, and the chunk is not written to', async t => {
  const wire = await wireOf(FRAMES)
  const kept = wire.slice()
  let batches = 0
  for await (const batch of frames().decode()(items(wire))) {
    batches++
    t.is(batch.length, FRAMES.length)
    for (const one of batch) for (const piece of one.content) t.is(piece.buffer, wire.buffer)
  }
  t.is(batches, 1)
  t.deepEqual(wire, kept)
})

test('batches stay whole until the next one is asked for, also where a frame is put together and the next one begins', async t => {
  const wire = await wireOf(FRAMES)
  const expected = FRAMES.map(flat)
  let at = 0
  // chunks of 40 bytes complete a frame and begin the next one
  for await (const batch of frames().decode()(reusing(wire, 40))) {
    for (const one of batch) t.deepEqual(flat(one), expected[at++] as object)
  }
  t.is(at, FRAMES.length)
})

test('what a header claims is not reserved before it comes', t => {
  const decoder = new FrameDecoder()
  const header = encodeHeader({ packetNonce: 1, frameNonce: 1, terminating: false, encrypted: true, size: MAX_FRAME - HEADER_LENGTH })
  const before = process.memoryUsage().arrayBuffers
  const decoders = Array.from({ length: 64 }, () => new FrameDecoder())
  for (const each of [decoder, ...decoders]) {
    each.push(header)
    t.is(each.next(), undefined)
    each.push(new Uint8Array(1000))
    t.is(each.next(), undefined)
  }
  const grown = process.memoryUsage().arrayBuffers - before
  t.true(grown < 65 * 16_384, `${grown} bytes for 65 decoders that were promised 1 MiB each`)
})

test('the largest frame there and back, in chunks and whole', async t => {
  const content = pattern(MAX_PLAINTEXT)
  const hop = (): CipherLayer => cipher({ key: KEY_ONE })
  const wire = await wireOf([frame(1, 1, content)], hop())
  t.is(wire.byteLength, MAX_FRAME)
  for (const length of [65_536, 100_003, MAX_FRAME]) {
    const { frames: [one], error } = await opened(reusing(wire, length), hop())
    t.is(error, undefined)
    t.deepEqual((one as { content: Uint8Array }).content, content)
  }
  t.is(await codeOf(wireOf([frame(1, 1, pattern(MAX_PLAINTEXT + 1))], hop())), 'ERR_FRAME_SIZE')
})

test('a wrong header is raised with its first 18 bytes, after the frames before it', async t => {
  const good = await wireOf(FRAMES.slice(0, 1))
  const bad = encodeHeader({ packetNonce: 1, frameNonce: 2, terminating: false, encrypted: false, size: 0 })
  const wrong: Array<[offset: number, value: number, code: string]> = [[0, 0, 'ERR_FRAME_MAGIC'], [4, 1, 'ERR_FRAME_SIZE'], [16, 2, 'ERR_FRAME_FLAG'], [17, 255, 'ERR_FRAME_FLAG']]
  for (const [offset, value, code] of wrong) {
    const header = bad.slice()
    header[offset] = value
    const decoder = new FrameDecoder()
    decoder.push(join([good, header]))
    t.truthy(decoder.next())
    t.is(await codeOf(Promise.resolve().then(() => decoder.next())), code)
    // in chunks, the error comes when the header is whole and not before
    const slowly = await opened(cut(join([good, header]), [good.byteLength + 17]))
    t.is(slowly.frames.length, 1)
    t.is(slowly.error, code)
  }
})

test('a batch goes out as one item: small pieces together, large ones as they lie', async t => {
  const large = pattern(5000)
  const small = pattern(100)
  let count = 0
  const source = items([frame(1, 1, small), frame(1, 2, large), frame(2, 1, small)], [frame(1, 3, undefined, true)], [])
  const kept: Uint8Array[] = []
  for await (const bytes of frames().encode()(source)) {
    count++
    if (count === 1) t.true([...bytes as Iterable<Uint8Array>].some(piece => piece.buffer === large.buffer))
    kept.push(bytes.slice())
  }
  t.is(count, 3)
  t.deepEqual(join(kept), await wireOf([frame(1, 1, small), frame(1, 2, large), frame(2, 1, small), frame(1, 3, undefined, true)]))
})

test('a content in many pieces is one content', async t => {
  const content = pattern(10_000)
  const one: Frame = { ...frame(1, 1, content), content: [content.subarray(0, 1), content.subarray(1, 3000), content.subarray(3000, 3000), content.subarray(3000)] }
  t.deepEqual(await wireOf([one]), await wireOf([frame(1, 1, content)]))
  for (const hop of [() => cipher({ key: KEY_ONE }), masked]) t.deepEqual(await wireOf([one], hop()), await wireOf([frame(1, 1, content)], hop()))
})

test('a masked header cannot be bent to a size below the tag', async t => {
  // the mask is XORed on: who flips bits of a masked header flips those of the size
  const [wire, sealed] = await Promise.all([wireOf([frame(1, 1, pattern(4))], masked()), wireOf([frame(1, 1, pattern(4))], cipher({ key: KEY_ONE }))])
  const size = sealed[7] as number
  for (let short = 0; short < 16; short++) {
    const bent = wire.slice()
    bent[7] = (bent[7] as number) ^ size ^ short
    for (const chunk of [1, 20, 34, bent.byteLength]) t.is((await opened(reusing(bent, chunk), masked())).error, 'ERR_FRAME_SIZE')
  }
})

test('an empty source is an empty stream, both ways', async t => {
  t.deepEqual(await opened(items()), { frames: [], error: undefined })
  t.is((await bytesOf(frames().encode()(items()))).byteLength, 0)
  t.deepEqual(await opened(items(new Uint8Array(0), new Uint8Array(0))), { frames: [], error: undefined })
})
