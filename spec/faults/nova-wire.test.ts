/** The cases of docs/threats.md that concern bytes and frames of Nova, each with its number. */
import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { cipher, CIPHER_LIMITS, encodeHeader, FrameDecoder, frames, HARDENED_RULES, HEADER_LENGTH, MAX_FRAME, packets, PACKET_LIMITS, TAG_LENGTH, type CipherLayer, type CipherOptions, type Frame, type Packet, type PacketsOptions } from '../../lib/nova/index.js'
import { join, link } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { bodyOf, cut, frame, KEY_ONE, LEFT_KEYS, loose, packetFrames, packetPair, RIGHT_KEYS, wireOf, wiresOf } from '../nova/support.js'
import { codeOf, items, pattern } from '../support/sources.js'

const GOAWAY = frame(0, 1, Uint8Array.of(6, 255, 255, 255, 255, 0, 0, 0, 0))
const MESSAGE_CAP = 1_048_576

/** The ways in which frames are sealed, and the rules of the packets above. */
const profiles: Array<[name: string, options: CipherOptions, rules: PacketsOptions, ending: Frame[]]> = [
  ['seed', {}, {}, []],
  ['obfuscated', { obfuscate: true }, {}, []],
  ['hardened', { sequenced: true }, { rules: HARDENED_RULES }, [GOAWAY]]
]

/** What a receiver makes of a wire: bodies in the order their packets began, and how its link ended. */
async function received (wire: AsyncIterable<Uint8Array>, options: CipherOptions, rules: PacketsOptions): Promise<{ bodies: Array<Uint8Array | string>, end: string }> {
  const hop = cipher({ key: RIGHT_KEYS, ...options })
  const endpoint = packets(rules)
  const running = endpoint.run(hop.open()(frames({ obfuscation: hop.obfuscation }).decode()(wire)))
  running.catch((error: unknown) => { endpoint.fail(error as Error) })
  const found: Array<Promise<Uint8Array | string>> = []
  const all = (async () => { for await (const packet of endpoint.face.source) found.push(bodyOf(packet)) })()
  await codeOf(all)
  return { bodies: await Promise.all(found), end: await codeOf(running) }
}

const sealer = (options: CipherOptions): CipherLayer => cipher({ key: LEFT_KEYS, ...options })
const BODIES = [pattern(40), pattern(70).map(byte => byte + 100), pattern(30)]
const three = (ending: Frame[]): Frame[] => [...BODIES.flatMap((body, index) => packetFrames(index + 1, body)), ...ending]

test('case 5: a length prefix beyond the cap is refused before anything is allocated for it', async t => {
  const most = MAX_FRAME - HEADER_LENGTH
  for (const size of [0xFFFF_FFFF, 2 ** 31, most + 1]) {
    const header = encodeHeader({ packetNonce: 1, frameNonce: 1, terminating: false, encrypted: true, size })
    const before = process.memoryUsage().arrayBuffers
    const decoder = new FrameDecoder()
    decoder.push(header)
    t.throws(() => decoder.next(), { code: 'ERR_FRAME_SIZE' })
    t.true(process.memoryUsage().arrayBuffers - before < 65_536)
    const [a, b] = memoryPair()
    const attacked = link(a, frames(), cipher({ key: KEY_ONE }), packets())
    void codeOf(b.sink(items(header)))
    t.is(await codeOf(attacked.closed), 'ERR_FRAME_SIZE')
    t.is(await codeOf(b.closed), 'ERR_TRANSPORT_RESET')
  }
})

for (const [name, options, rules, ending] of profiles) {
  test(`case 6: cut in two at every byte, then byte by byte: the same as one write (${name})`, async t => {
    const wire = await wireOf(three(ending), sealer(options))
    const whole = { bodies: BODIES, end: 'resolved' }
    t.deepEqual(await received(items(wire), options, rules), whole)
    for (let at = 1; at < wire.byteLength; at++) t.deepEqual(await received(cut(wire, [at]), options, rules), whole, `at ${at}`)
    t.deepEqual(await received(cut(wire, Array.from({ length: wire.byteLength }, () => 1)), options, rules), whole)
  })

  test(`case 8: the end of the stream inside a header, a content or a tag is an error (${name})`, async t => {
    const sealed = await wiresOf(three(ending), sealer(options))
    const wire = join(sealed)
    const boundaries = new Set(sealed.map((_, index) => join(sealed.slice(0, index)).byteLength))
    for (let end = 0; end < wire.byteLength; end++) {
      const { bodies, end: how } = await received(items(wire.slice(0, end)), options, rules)
      const between = boundaries.has(end) ? ending.length > 0 ? 'ERR_LINK_TRUNCATED' : 'resolved' : 'ERR_FRAME_TRUNCATED'
      t.is(how, between, `after ${end} bytes`)
      // what was not whole is never a normal end
      for (const [index, body] of bodies.entries()) if (typeof body !== 'string') t.deepEqual(body, BODIES[index])
      const whole = bodies.filter(body => typeof body !== 'string').length
      t.true(end >= join(sealed.slice(0, whole * 2)).byteLength)
    }
  })

  test(`case 11: every bit of a header, and every byte of content and tag, flipped: never delivered as valid (${name})`, async t => {
    const sealed = await wiresOf(three(ending), sealer(options))
    const seen = new Set<string>()
    for (const target of [2, 3]) {
      const good = sealed[target] as Uint8Array
      const bits = Array.from({ length: HEADER_LENGTH * 8 }, (_, bit) => bit)
      for (let byte = HEADER_LENGTH; byte < good.byteLength; byte++) bits.push(byte * 8 + byte % 8)
      for (const bit of bits) {
        const bad = good.slice()
        bad[bit >> 3] = (bad[bit >> 3] as number) ^ 1 << (bit & 7)
        const { bodies, end } = await received(items(...sealed.with(target, bad)), options, rules)
        seen.add(end)
        const what = `frame ${target}, bit ${bit}: ${end}`
        t.false(bodies.some(body => typeof body !== 'string' && Buffer.compare(body, BODIES[1] as Uint8Array) === 0), what)
        const whole = bodies.filter(body => typeof body !== 'string')
        t.true(whole.every(body => BODIES.some(original => Buffer.compare(original, body) === 0)), what)
        if (end === 'resolved') {
          // only that packet is lost, and only where the wire is the seed's; a longer size takes the next frame with it
          t.not(name, 'hardened', what)
          if (bit >> 3 < 4 || bit >> 3 > 7) t.deepEqual(whole, [BODIES[0], BODIES[2]], what)
        } else {
          t.regex(end, /^ERR_(FRAME_(MAGIC|SIZE|FLAG|TRUNCATED)|CIPHER_(PLAINTEXT|FAILED))$/, what)
        }
      }
    }
    t.is(seen.has('resolved'), name !== 'hardened')
  })

  test(`case 12: all 256 values of both flag bytes of a sealed frame (${name})`, async t => {
    const sealed = await wiresOf(three(ending), sealer(options))
    const good = sealed[2] as Uint8Array
    for (const at of [16, 17]) {
      for (let change = 1; change < 256; change++) {
        const bad = good.with(at, (good[at] as number) ^ change)
        const { end } = await received(items(...sealed.with(2, bad)), options, rules)
        const refused = change > 1 ? 'ERR_FRAME_FLAG' : at === 17 ? 'ERR_CIPHER_PLAINTEXT' : name === 'hardened' ? 'ERR_CIPHER_FAILED' : 'resolved'
        t.is(end, refused, `byte ${at} ^ ${change}`)
      }
    }
  })

  test(`case 13: frames replayed at once, after 129 and after 10,000: nothing is delivered twice (${name})`, async t => {
    for (const later of [0, 129, 10_000]) {
      const between = Array.from({ length: later }, (_, index) => frame(index + 2, 1, undefined, true))
      const sealed = await wiresOf([...packetFrames(1, pattern(40)), ...between, frame(later + 2, 1, pattern(3)), frame(later + 2, 2, undefined, true), ...ending], sealer(options))
      for (const replayed of [sealed.slice(0, 1), sealed.slice(1, 2), sealed.slice(0, 2)]) {
        const at = 2 + later
        const { bodies, end } = await received(items(join(sealed.slice(0, at)), join(replayed), join(sealed.slice(at))), options, rules)
        const full = bodies.filter(body => typeof body !== 'string' && body.byteLength > 0)
        t.deepEqual(full, name === 'hardened' ? [pattern(40)] : [pattern(40), pattern(3)], `after ${later}`)
        t.is(end, name === 'hardened' ? 'ERR_CIPHER_FAILED' : 'resolved')
      }
    }
  })

  test(`case 14 for nova: frames swapped, dropped, inserted: ${name === 'hardened' ? 'the link ends' : 'their packet is lost, the others are whole'} (${name})`, async t => {
    const all = [...packetFrames(1, pattern(5)), ...packetFrames(2, pattern(10), pattern(11), pattern(12)), ...packetFrames(3, pattern(6)), ...ending]
    const sealed = await wiresOf(all, sealer(options))
    const swapped = sealed.with(3, sealed[4] as Uint8Array).with(4, sealed[3] as Uint8Array)
    const dropped = sealed.toSpliced(3, 1)
    const doubled = sealed.toSpliced(3, 0, sealed[3] as Uint8Array)
    const first = sealed.toSpliced(2, 1)
    for (const wires of [swapped, dropped, doubled, first]) {
      const { bodies, end } = await received(items(...wires), options, rules)
      t.deepEqual(bodies.filter(body => typeof body !== 'string'), name === 'hardened' ? [pattern(5)] : [pattern(5), pattern(6)])
      t.is(end, name === 'hardened' ? 'ERR_CIPHER_FAILED' : 'resolved')
    }
  })
}

test('case 13: a frame older than the window is refused, and frames of another connection do not open', async t => {
  const width = CIPHER_LIMITS.replayWindow
  const late = await wiresOf([frame(1, 1, undefined, true), frame(width + 1, 1, undefined, true), frame(2, 1, undefined, true), frame(1, 1, undefined, true)], sealer({}))
  const [, high, inside, outside] = late
  t.is((await received(items(high as Uint8Array, inside as Uint8Array, outside as Uint8Array), {}, {})).bodies.length, 2)
  const elsewhere = await wireOf(three([]), cipher({ key: { seal: new Uint8Array(32).fill(9), open: KEY_ONE } }))
  t.deepEqual(await received(items(elsewhere), {}, {}), { bodies: [], end: 'resolved' })
})

// serial: the memory of other tests is not to be counted
test.serial('case 7: 131,000 one-byte frames that nobody reads stop at a count, within twice the message cap', async t => {
  const endpoint = loose({ limits: { stallTimeout: 0 } })
  let asked = 0
  const before = process.memoryUsage()
  for (let frameNonce = 1; frameNonce <= 131_000 && endpoint.inbound.length === 0; frameNonce++) {
    asked = frameNonce
    void endpoint.inbound.push([{ ...frame(1, frameNonce, Uint8Array.of(1)), encrypted: true }])
    if (frameNonce % 16 === 0) await turn()
  }
  const after = process.memoryUsage()
  t.true(asked <= 1024 + 16, `${asked} frames`)
  t.true(after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed < 2 * MESSAGE_CAP)
  endpoint.fail(new Error('over'))
})

test('case 7: 131,000 one-byte chunks of a frame that is never whole hold little more than they are', t => {
  const decoder = new FrameDecoder()
  const before = process.memoryUsage().arrayBuffers
  const chunk = new Uint8Array(1)
  for (const byte of encodeHeader({ packetNonce: 1, frameNonce: 1, terminating: false, encrypted: true, size: MAX_FRAME - HEADER_LENGTH })) {
    decoder.push(Uint8Array.of(byte))
    t.is(decoder.next(), undefined)
  }
  for (let index = 0; index < 131_000; index++) {
    decoder.push(chunk)
    if (decoder.next() !== undefined) t.fail('a frame')
  }
  t.true(process.memoryUsage().arrayBuffers - before < 2 * MESSAGE_CAP)
})

test('case 11: as many frames that do not open as the limit says close the link', async t => {
  const [a, b] = memoryPair()
  const attacked = link(a, frames(), cipher({ key: RIGHT_KEYS }), packets())
  const bad = (await wireOf([frame(1, 1, pattern(4))], sealer({}))).with(HEADER_LENGTH + 4 + TAG_LENGTH - 1, 0x5A)
  void codeOf(b.sink(items(...Array.from({ length: CIPHER_LIMITS.maxFailures }, () => bad))))
  t.is(await codeOf(attacked.closed), 'ERR_CIPHER_FAILED')
})

/** A source of 64 KiB chunks, 64 MiB of them. `settled` resolves when it has not been asked for more in many turns. */
function bulk (): { source: AsyncIterable<Uint8Array>, settled: () => Promise<number> } {
  let asked = 0
  const chunk = new Uint8Array(65_536)
  return {
    source: { async * [Symbol.asyncIterator] () { while (asked < 64 * MESSAGE_CAP) { asked += chunk.byteLength; yield chunk } } },
    settled: async () => {
      for (let last = -1; asked !== last;) {
        last = asked
        for (let index = 0; index < 50; index++) await turn()
      }
      return asked
    }
  }
}

test('case 20: a consumer that never pulls makes the sender wait, and what is held is bounded', async t => {
  const [left, right] = packetPair({ memory: { buffer: 65_536 }, right: { limits: { stallTimeout: 0 } } })
  const { source, settled } = bulk()
  void codeOf(left.send(source))
  // what the packet may hold and a frame, and what the two ends and the wire between them have under way
  const most = PACKET_LIMITS.packetBytes + 2 * 263_168 + 262_144 + 65_536 + 2 * 65_536
  const asked = await settled()
  t.true(asked <= most, `${asked} bytes`)
  left.abort()
  t.is(await codeOf(right.closed), 'ERR_TRANSPORT_RESET')
})

test('case 20: after its time a stream that is not read is reset, and the others continue', async t => {
  const [left, right] = packetPair({ right: { limits: { stallTimeout: 200 } } })
  const { source } = bulk()
  const sending = left.send(source)
  const packets = right.source[Symbol.asyncIterator]()
  const { value: stuck } = await packets.next() as IteratorResult<Packet, never>
  void codeOf(left.send(pattern(9)))
  const { value: other } = await packets.next() as IteratorResult<Packet, never>
  t.deepEqual(await bodyOf(other), pattern(9))
  // nobody reads it, so it can only come to its end when it is dropped
  await sending
  const body = await bodyOf(stuck)
  t.is(typeof body === 'string' ? body : `${body.byteLength} bytes`, 'ERR_PACKET_STALLED')
  left.abort()
  await codeOf(right.closed)
})

test('case 20: whole packets that nobody reads stop the link no longer than its time either', async t => {
  const [left, right] = packetPair({ right: { limits: { linkBytes: 20_000, stallTimeout: 50 } } })
  const packets = right.source[Symbol.asyncIterator]()
  const unread: Packet[] = []
  for (let count = 0; count < 3; count++) {
    await left.send(pattern(9000))
    unread.push((await packets.next() as IteratorResult<Packet, never>).value)
  }
  // the three are too much together: the next one comes when the first of them has been given up
  await left.send(pattern(9))
  const { value: next } = await packets.next() as IteratorResult<Packet, never>
  t.deepEqual(await bodyOf(next), pattern(9))
  const bodies = await Promise.all(unread.map(packet => bodyOf(packet)))
  t.deepEqual(bodies.map(body => typeof body === 'string' ? body : body.byteLength).sort(), [9000, 9000, 'ERR_PACKET_STALLED'])
  left.abort()
  await codeOf(right.closed)
})
