import test from 'ava'
import fc from 'fast-check'
import { decodePayload, encodePayload, type NoisePayload } from '../../lib/libp2p/noise-payload.js'
import { encodeField } from '../../lib/libp2p/protobuf.js'
import { join } from '../../lib/stream/pieces.js'
import { pattern } from '../support/sources.js'

const payload: NoisePayload = { identityKey: pattern(36), identitySignature: pattern(64), extensions: { streamMuxers: ['/yamux/1.0.0', '/mplex/6.7.0'] } }
const REFUSED = { code: 'ERR_LIBP2P_PAYLOAD' }

const names = fc.array(fc.string({ maxLength: 300 }), { maxLength: 64 })

test('what was encoded is decoded', t => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), fc.uint8Array({ maxLength: 600 }), names, (identityKey, identitySignature, streamMuxers) => {
    const wellFormed = streamMuxers.map(name => new TextDecoder().decode(new TextEncoder().encode(name)))
    t.deepEqual(decodePayload(encodePayload({ identityKey, identitySignature, extensions: { streamMuxers: wellFormed } })), { identityKey, identitySignature, extensions: { streamMuxers: wellFormed } })
  }))
})

test('the bytes of the specification', t => {
  const small = encodePayload({ identityKey: Uint8Array.of(1), identitySignature: Uint8Array.of(2, 3), extensions: { streamMuxers: ['a'] } })
  t.deepEqual([...small], [0x0a, 1, 1, 0x12, 2, 2, 3, 0x22, 3, 0x12, 1, 0x61])
  // a length of two bytes
  t.deepEqual([...encodePayload({ ...payload, identityKey: new Uint8Array(300) }).subarray(0, 3)], [0x0a, 0xac, 0x02])
})

test('unknown fields of every kind are passed over', t => {
  const strange = [Uint8Array.of(0x18, 0xff, 0x01), Uint8Array.of(0x19, 1, 2, 3, 4, 5, 6, 7, 8), Uint8Array.of(0x1d, 1, 2, 3, 4), encodeField(3, pattern(10)), Uint8Array.of(0xf8, 0xff, 0xff, 0xff, 0x0f, 7)]
  t.deepEqual(decodePayload(join([...strange, encodePayload(payload), ...strange])), payload)
  // hashes of certificates, which WebTransport sends
  const extensions = encodeField(4, join([encodeField(1, pattern(32)), encodeField(2, new TextEncoder().encode('/one'))]))
  const { identityKey, identitySignature } = payload
  t.deepEqual(decodePayload(join([encodeField(1, identityKey), encodeField(2, identitySignature), extensions])).extensions, { streamMuxers: ['/one'] })
})

test('what is no payload is refused', t => {
  const [key, signature] = [encodeField(1, pattern(4)), encodeField(2, pattern(4))]
  const muxer = (bytes: Uint8Array): Uint8Array => encodeField(4, encodeField(2, bytes))
  const wrong: Record<string, Uint8Array> = {
    'without a key': signature,
    'without a signature': key,
    'a key twice': join([key, key, signature]),
    'field 0': join([key, signature, Uint8Array.of(0x02, 0)]),
    'a field beyond all': join([key, signature, Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x10, 0)]),
    'a group': join([key, signature, Uint8Array.of(0x1b)]),
    'the end of a group': join([key, signature, Uint8Array.of(0x1c)]),
    'wire type 6': join([key, signature, Uint8Array.of(0x1e)]),
    'a varint without end': join([key, signature, new Uint8Array(20).fill(0xff)]),
    'a length beyond the end': join([key, signature, Uint8Array.of(0x1a, 1)]),
    'a length beyond 2^53': join([key, signature, Uint8Array.of(0x1a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1)]),
    'a name that is no UTF-8': join([key, signature, muxer(Uint8Array.of(0xff))]),
    'too many muxers': join([key, signature, encodeField(4, join(Array.from({ length: 65 }, () => encodeField(2, pattern(1)))))]),
    'extensions that are no message': join([key, signature, encodeField(4, Uint8Array.of(0x12, 9))])
  }
  for (const [title, bytes] of Object.entries(wrong)) t.throws(() => decodePayload(bytes), REFUSED, title)
})

test('cut off anywhere it is refused, or shorter by whole fields', t => {
  const bytes = encodePayload(payload)
  for (let length = 0; length < bytes.length; length++) {
    const withoutExtensions = length === 2 + 36 + 2 + 64
    if (withoutExtensions) t.deepEqual(decodePayload(bytes.subarray(0, length)).extensions.streamMuxers, [])
    else t.throws(() => decodePayload(bytes.subarray(0, length)), REFUSED, String(length))
  }
})

test('with any bit flipped, and of any bytes, it is decoded or refused', t => {
  const refused = (bytes: Uint8Array): boolean => {
    try {
      decodePayload(bytes)
      return false
    } catch (error) {
      t.is((error as { code?: string }).code, 'ERR_LIBP2P_PAYLOAD')
      return true
    }
  }
  const bytes = encodePayload(payload)
  let count = 0
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice()
    flipped[bit >> 3] = flipped[bit >> 3] as number ^ 1 << (bit & 7)
    if (refused(flipped)) count++
    else t.notDeepEqual(decodePayload(flipped), payload)
  }
  t.true(count > 0)
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), any => { refused(any) }), { numRuns: 5000 })
})
