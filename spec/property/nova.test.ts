import test from 'ava'
import fc from 'fast-check'
import { bool, decode, encode, struct, uint32 } from '../../lib/bytes/index.js'
import { cipher, decodeHeader, encodeHeader, frames, HARDENED_RULES, HEADER_LENGTH, MAGIC, MAX_FRAME, SEED_RULES, type CipherLayer, type Frame } from '../../lib/nova/index.js'
import { join, link, type Bytes } from '../../lib/stream/index.js'
import { packets } from '../../lib/nova/packets.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { bodyOf, cut, flat, frame, LEFT_KEYS, opened, RIGHT_KEYS } from '../nova/support.js'
import { items } from '../support/sources.js'

const SCHEMA = struct({ magic: uint32, size: uint32, frameNonce: uint32, packetNonce: uint32, terminating: bool, encrypted: bool })
const uint = fc.nat(0xFFFF_FFFF)
const header = fc.record({ packetNonce: uint, frameNonce: uint, terminating: fc.boolean(), encrypted: fc.boolean(), size: fc.nat(MAX_FRAME - HEADER_LENGTH) })
const content = fc.uint8Array({ maxLength: 200 })
const oneFrame = fc.record({ packetNonce: uint, frameNonce: uint, content, terminating: fc.boolean() })
  .map(({ packetNonce, frameNonce, content, terminating }) => frame(packetNonce, frameNonce, content, terminating))
const batches = fc.array(fc.array(oneFrame, { maxLength: 6 }), { maxLength: 6 })
const lengths = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 60 })

const ways: Array<[name: string, hop: (keys: typeof LEFT_KEYS) => CipherLayer | undefined]> = [
  ['plain', () => undefined],
  ['sealed', key => cipher({ key })],
  ['obfuscated', key => cipher({ key, obfuscate: true })],
  ['hardened', key => cipher({ key, sequenced: true })]
]

test('the header by hand is the header by its schema, both ways', t => {
  fc.assert(fc.property(header, value => {
    const bytes = encodeHeader(value)
    t.deepEqual(bytes, encode(SCHEMA, { magic: MAGIC, ...value }))
    const { magic, ...read } = decode(SCHEMA, bytes)
    t.is(magic, MAGIC)
    t.deepEqual({ ...decodeHeader(bytes) }, read)
  }))
})

test('18 bytes of anything: a header that is written back as it was, or a coded error', t => {
  fc.assert(fc.property(fc.uint8Array({ minLength: HEADER_LENGTH, maxLength: HEADER_LENGTH }), fc.boolean(), (bytes, magic) => {
    if (magic) bytes.set([0x4E, 0x4F, 0x56, 0x41, 0, (bytes[5] as number) & 15])
    try {
      t.deepEqual(encodeHeader(decodeHeader(bytes)), bytes)
    } catch (error) {
      t.regex((error as { code: string }).code, /^ERR_FRAME_(MAGIC|SIZE|FLAG)$/)
    }
  }))
})

for (const [name, hop] of ways) {
  test(`batches of frames there and back, over any chunks (${name})`, async t => {
    await fc.assert(fc.asyncProperty(batches, lengths, async (all, lengths) => {
      // a sliding window takes each packet nonce once: the first frames of one are told apart
      const source = all.map((batch, index) => batch.map((one, at) => name === 'plain' || one.frameNonce !== 1 ? one : { ...one, packetNonce: 1 + index * 6 + at }))
      const sealer = hop(LEFT_KEYS)
      const layer = frames({ obfuscation: sealer?.obfuscation })
      const pieces: Uint8Array[] = []
      const bytes: AsyncIterable<Bytes> = layer.encode()(sealer === undefined ? items(...source) : sealer.seal()(items(...source)))
      for await (const piece of bytes) pieces.push(piece.slice())
      const found = await opened(cut(join(pieces), lengths), hop(RIGHT_KEYS))
      t.is(found.error, undefined)
      t.deepEqual(found.frames, source.flat().map(one => ({ ...flat(one), encrypted: name !== 'plain' })))
    }), { numRuns: 60 })
  })

  test(`bytes of anything are frames or a coded error, never anything else (${name})`, async t => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), lengths, async (bytes, magic, lengths) => {
      if (magic && bytes.byteLength > 6) bytes.set([0x4E, 0x4F, 0x56, 0x41, 0, 0])
      const { error } = await opened(cut(bytes, lengths), hop(RIGHT_KEYS))
      t.regex(error ?? 'ERR_FRAME_MAGIC', /^ERR_(FRAME|CIPHER)_\w+$/)
    }), { numRuns: 100 })
  })
}

const body = fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 5 })
const bodies = fc.array(body, { maxLength: 8 })

for (const [name, rules] of [['seed', SEED_RULES], ['hardened', HARDENED_RULES]] as const) {
  test(`packets both ways over any chunks and limits come as they were sent (${name})`, async t => {
    await fc.assert(fc.asyncProperty(bodies, bodies, fc.nat(), fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 4 }), async (there, back, seed, max, maxFrame, maxOutgoing) => {
      const [a, b] = memoryPair({ chunks: { seed, max }, buffer: 2000 })
      const options = { rules, limits: { maxFrame, maxOutgoing } }
      const sequenced = rules === HARDENED_RULES
      const left = link(a, frames(), cipher({ key: LEFT_KEYS, sequenced }), packets(options))
      const right = link(b, frames(), cipher({ key: RIGHT_KEYS, sequenced }), packets(options))
      const exchange = async (from: typeof left, to: typeof left, all: Uint8Array[][]): Promise<void> => {
        const sent = all.map(chunks => from.send(chunks))
        const found: Array<Promise<Uint8Array | string>> = []
        const source = to.source[Symbol.asyncIterator]()
        while (found.length < all.length) found.push(bodyOf((await source.next() as IteratorResult<{ source: AsyncIterable<Uint8Array> }, never>).value))
        await Promise.all(sent)
        const come = await Promise.all(found)
        // packets begin in any order on the wire; what was sent is what came
        const sorted = (list: Array<Uint8Array | string>): string[] => list.map(each => typeof each === 'string' ? each : Buffer.from(each).toString('hex')).sort()
        t.deepEqual(sorted(come), sorted(all.map(chunks => join(chunks))))
      }
      await Promise.all([exchange(left, right, there), exchange(right, left, back)])
      await Promise.all([left.close(), right.close(), left.closed, right.closed])
    }), { numRuns: 40 })
  })
}

test('frames of anything never make packets throw anything but coded errors', async t => {
  const arbitrary = fc.array(fc.record({ packetNonce: fc.nat(3), frameNonce: fc.nat(4), content: fc.uint8Array({ maxLength: 20 }), terminating: fc.boolean() }), { maxLength: 30 })
  for (const rules of [SEED_RULES, HARDENED_RULES]) {
    await fc.assert(fc.asyncProperty(arbitrary, async all => {
      const endpoint = packets({ rules })
      const source: Frame[] = all.map(({ packetNonce, frameNonce, content, terminating }) => frame(packetNonce, frameNonce, content, terminating))
      const running = endpoint.run(items(source)).catch((error: unknown) => { endpoint.fail(error as Error); return (error as { code?: string }).code ?? String(error) })
      const found: Array<Promise<Uint8Array | string>> = []
      try {
        for await (const packet of endpoint.face.source) found.push(bodyOf(packet))
      } catch (error) {
        t.regex((error as { code?: string }).code ?? String(error), /^ERR_(PACKET_PROTOCOL|CONTROL_RECORD|LINK_TRUNCATED)$/)
      }
      t.regex(await running ?? 'ERR_', /^ERR_(PACKET_PROTOCOL|CONTROL_RECORD|LINK_TRUNCATED|)$/)
      for (const each of await Promise.all(found)) if (typeof each === 'string') t.regex(each, /^ERR_(PACKET|LINK|CONTROL)_\w+$/)
    }), { numRuns: 200 })
  }
})
