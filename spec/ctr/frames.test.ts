import test from 'ava'
import fc from 'fast-check'
import { connectionBlock, encodeHeader, FrameOpener, FrameSealer, MacChain, rotatedHalf, sharedBlock, SharedBlock } from '../../lib/ctr/index.js'
import { join } from '../../lib/stream/index.js'
import { pattern } from '../support/sources.js'
import { chunked, flipped, frame, freshBlock, HALF, openedFrom, SECRET, sealedFrames } from './support.js'

const payload = fc.oneof({ weight: 5, arbitrary: fc.uint8Array({ maxLength: 100 }) }, { weight: 1, arbitrary: fc.integer({ min: 8000, max: 20_000 }).map(pattern) })
const frames = fc.array(fc.record({ code: fc.nat(0xFFFF_FFFF), payload }), { maxLength: 8 })
const lengths = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 20 })

test('frames come out as they went in, whatever the chunks and the rotation', t => {
  fc.assert(fc.property(frames, lengths, fc.integer({ min: 1, max: 4 }), fc.boolean(), (all, lengths, rotateEvery, insecureStandardState) => {
    const options = { rotateEvery, insecureStandardState }
    const before = all.map(({ code, payload }) => ({ code, payload: payload.slice() }))
    const wire = sealedFrames(all, options)
    t.deepEqual(wire.map(each => each.byteLength), all.map(({ payload }) => payload.byteLength + 24), 'no padding travels')
    t.deepEqual(openedFrom(chunked(join(wire), lengths), options), { frames: before, error: undefined })
    t.deepEqual(all, before, 'inputs are not written to')
  }), { numRuns: 100 })
})

test('bytes of anything are a coded error, never anything else', t => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(3), lengths, (bytes, good, lengths) => {
    const before = sealedFrames(Array.from({ length: good }, (_, at) => frame(at, pattern(at))))
    const { frames, error } = openedFrom(chunked(join([...before, bytes]), lengths))
    t.is(frames.length, good)
    t.regex(error ?? 'none', /^ERR_CTR_(FIRST_FRAME|CHECKSUM|SEQUENCE|LENGTH|TRUNCATED)$/)
  }), { numRuns: 500 })
})

test('every bit of a header, of the mac, and of the payload: nothing of the frame comes out, and the direction is dead', t => {
  const wire = sealedFrames([frame(1, pattern(9)), frame(2, pattern(40)), frame(3, pattern(5))])
  const [first, second, third] = wire as [Uint8Array, Uint8Array, Uint8Array]
  const errors = new Set<string>()
  for (let at = 0; at < second.byteLength; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const { frames, error } = openedFrom([first, flipped(second, at, bit), third])
      t.is(frames.length, 1, `byte ${at}, bit ${bit}`)
      t.is(error, at < 16 ? 'ERR_CTR_CHECKSUM' : 'ERR_CTR_MAC')
      errors.add(error ?? '')
    }
  }
  t.deepEqual([...errors], ['ERR_CTR_CHECKSUM', 'ERR_CTR_MAC'])
})

test('a header changed so that its checksum fits: a sequence is refused, a code or a length fails by the mac', t => {
  const [first, second] = sealedFrames([frame(1, pattern(9)), frame(2, pattern(40))]) as [Uint8Array, Uint8Array]
  const both = (at: number, bit: number): Uint8Array => flipped(flipped(second, at, bit), 12 + at % 4, bit)
  for (let at = 0; at < 12; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const { frames, error } = openedFrom([first, both(at, bit), new Uint8Array(100_000)])
      t.is(frames.length, 1)
      if (at >= 8) t.is(error, 'ERR_CTR_SEQUENCE')
      else if (at >= 4) t.is(error, 'ERR_CTR_MAC')
      else t.regex(error ?? '', /^ERR_CTR_(MAC|LENGTH|TRUNCATED)$/)
    }
  }
})

test('frames dropped, swapped, inserted and replayed: the first that is out of its place is refused, and all after it', t => {
  const wire = sealedFrames(Array.from({ length: 6 }, (_, at) => frame(at, pattern(20))))
  const other = sealedFrames(Array.from({ length: 6 }, (_, at) => frame(at, pattern(20))), {}, pattern(80))
  const cases: Array<[what: string, order: Uint8Array[], good: number]> = [
    ['dropped', wire.toSpliced(2, 1), 2],
    ['swapped', [wire[0], wire[2], wire[1], wire[3]] as Uint8Array[], 1],
    ['replayed at once', wire.toSpliced(3, 0, wire[2] as Uint8Array), 3],
    ['replayed later', [...wire, wire[0] as Uint8Array], 6],
    ['inserted from another session', wire.toSpliced(2, 0, other[2] as Uint8Array), 2],
    ['replaced by that of another session', wire.with(4, other[4] as Uint8Array), 4]
  ]
  for (const [what, order, good] of cases) {
    const { frames, error } = openedFrom(order)
    t.is(frames.length, good, what)
    t.regex(error ?? '', /^ERR_CTR_(CHECKSUM|SEQUENCE)$/, what)
  }
  // 10,000 frames later the first one is no better
  const many = sealedFrames(Array.from({ length: 10_001 }, () => frame(0, new Uint8Array(0))))
  for (const later of [129, 10_000]) t.is(openedFrom([...many.slice(0, later), many[0] as Uint8Array]).frames.length, later)
})

test('a stream that is cut at any byte: whole frames before it, and an error unless the cut is between two', t => {
  const wire = sealedFrames([frame(1, pattern(9)), frame(2, new Uint8Array(0)), frame(3, pattern(40))])
  const ends = wire.map((_, index) => join(wire.slice(0, index + 1)).byteLength)
  const bytes = join(wire)
  for (let at = 0; at <= bytes.byteLength; at++) {
    const { frames, error } = openedFrom([bytes.subarray(0, at)])
    t.is(frames.length, ends.filter(end => end <= at).length)
    t.is(error, at === 0 || ends.includes(at) ? undefined : 'ERR_CTR_TRUNCATED')
  }
})

test('a length is checked before anything of the payload is kept, and memory follows what has come', t => {
  const claims = (length: number): Uint8Array => {
    const cipher = new FrameSealer(HALF).seal(frame(0, new Uint8Array(0))).subarray()
    // the header of an empty frame, with the length and the checksum that it would have
    const [plain, wanted] = [encodeHeader({ length: 0, code: 0, sequence: 1 }), encodeHeader({ length, code: 0, sequence: 1 })]
    return Uint8Array.from(cipher.subarray(0, 16), (byte, at) => byte ^ (plain[at] as number) ^ (wanted[at] as number))
  }
  for (const length of [16_777_217, 2 ** 31, 2 ** 32 - 1]) t.is(openedFrom([claims(length)]).error, 'ERR_CTR_LENGTH')
  t.is(openedFrom([claims(101)], { maxPayload: 100 }).error, 'ERR_CTR_LENGTH')
  t.is(openedFrom([claims(100)], { maxPayload: 100 }).error, 'ERR_CTR_TRUNCATED')
  const opener = new FrameOpener(HALF, { maxPayload: Infinity })
  const before = process.memoryUsage()
  opener.push(claims(2 ** 32 - 1))
  t.is(opener.next(), undefined)
  for (let chunk = 0; chunk < 1000; chunk++) {
    opener.push(Uint8Array.of(chunk))
    t.is(opener.next(), undefined)
  }
  const after = process.memoryUsage()
  t.true(after.heapTotal + after.arrayBuffers - before.heapTotal - before.arrayBuffers < 2 ** 27)
  t.true(opener.inFrame)
})

test('counters carry over 2^32, 2^64 and 2^128 in the middle of a frame', t => {
  for (const ones of [4, 8, 16]) {
    const half = HALF.slice()
    half.fill(0, 32, 48).fill(0xff, 48 - ones, 48)
    half[47] = 0xfe
    const all = Array.from({ length: 4 }, (_, at) => frame(at, pattern(30)))
    t.deepEqual(openedFrom(chunked(join(sealedFrames(all, {}, half)), [7]), {}, half).frames, all)
  }
})

test('sequence numbers wrap after 2^32 - 1 to 0, and rotations count on', t => {
  const options = { firstSequence: 0xFFFF_FFFE, rotateEvery: 2 }
  const all = Array.from({ length: 5 }, (_, at) => frame(at, pattern(at)))
  t.deepEqual(openedFrom(sealedFrames(all, options), options), { frames: all, error: undefined })
  t.is(openedFrom(sealedFrames(all, options), { rotateEvery: 3, firstSequence: 0xFFFF_FFFE }).frames.length, 2)
})

test('what cannot be sealed or set is refused, and nothing is used up by it', t => {
  const sealer = new FrameSealer(HALF)
  for (const code of [-1, 1.5, 2 ** 32, NaN]) t.throws(() => sealer.seal(frame(code, pattern(1))), { code: 'ERR_CTR_CODE' })
  t.deepEqual(openedFrom([new Uint8Array(sealer.seal(frame(1, pattern(3))).subarray())]).frames, [frame(1, pattern(3))])
  for (const length of [0, 79, 81, 160]) t.throws(() => new FrameSealer(new Uint8Array(length)), { code: 'ERR_CTR_BLOCK' })
  for (const rotateEvery of [0, -1, 1.5, NaN]) t.throws(() => new FrameSealer(HALF, { rotateEvery }), { code: 'ERR_LIMIT_OPTION' })
  t.throws(() => new FrameOpener(HALF, { maxPayload: 0 }), { code: 'ERR_LIMIT_OPTION' })
  for (const length of [0, 16, 31]) t.throws(() => sharedBlock(new Uint8Array(length)), { code: 'ERR_CTR_SECRET' })
  t.throws(() => connectionBlock(SECRET, { top: pattern(32), bottom: pattern(31) }), { code: 'ERR_CTR_NONCE' })
})

test('after an error it stays the same one; after destroy nothing is sealed or opened', t => {
  const [wire] = sealedFrames([frame(1, pattern(40))]) as [Uint8Array]
  const opener = new FrameOpener(HALF)
  opener.push(flipped(wire, 30))
  const first = t.throws(() => opener.next(), { code: 'ERR_CTR_MAC' })
  opener.push(wire)
  t.is(t.throws(() => opener.next()), first)
  t.is(t.throws(() => { opener.end() }), first)
  opener.destroy()
  t.is(t.throws(() => opener.next()), first)
  const sealer = new FrameSealer(HALF)
  sealer.destroy()
  for (const length of [3, 20_000]) t.throws(() => sealer.seal(frame(1, pattern(length))), { code: 'ERR_CTR_DESTROYED' })
  const gone = new FrameOpener(HALF)
  gone.destroy()
  gone.push(wire)
  t.throws(() => gone.next(), { code: 'ERR_CTR_DESTROYED' })
})

test('a chain whose state is wiped, and halves that are', t => {
  const chain = new MacChain(pattern(32))
  chain.update(pattern(10))
  t.notDeepEqual(chain.close(), new MacChain().close())
  const state = chain.close()
  chain.destroy()
  t.deepEqual(state, new Uint8Array(32))
  t.throws(() => { chain.update(pattern(1)) })
  t.not(rotatedHalf(HALF, 1)[0], rotatedHalf(HALF, 2)[0])
  const key = HALF.slice()
  const sealer = new FrameSealer(key)
  key.fill(0)
  t.deepEqual(openedFrom([new Uint8Array(sealer.seal(frame(1, pattern(3))).subarray())]).frames.length, 1, 'the half was copied')
})

test('a block is refused twice, also after it was only destroyed', t => {
  const block = freshBlock()
  block.take('top')
  t.throws(() => block.take('top'), { code: 'ERR_CTR_BLOCK_USED' })
  t.throws(() => block.take('bottom'), { code: 'ERR_CTR_BLOCK_USED' })
  const other = freshBlock()
  other.destroy()
  t.throws(() => other.take('top'), { code: 'ERR_CTR_BLOCK_USED' })
  const third = freshBlock()
  t.throws(() => third.take('left' as 'top'), { code: 'ERR_CTR_OPTION' })
  t.notThrows(() => third.take('top'), 'a role that is none uses nothing up')
  t.throws(() => new SharedBlock(new Uint8Array(80)), { code: 'ERR_CTR_BLOCK' })
  const twice = join([HALF, HALF])
  twice[159] = 0
  t.throws(() => new SharedBlock(twice), { code: 'ERR_CTR_BLOCK' }, 'one key stream for both directions, whatever the MAC states')
})
