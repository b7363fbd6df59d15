/** What docs/protocol.md says, done again with node:crypto alone. */
import test from 'ava'
import { createDecipheriv, createHash, createHmac, createPublicKey, verify } from 'node:crypto'
import { inflateSync } from 'node:zlib'
import {
  cipher, createIdentity, encodeRelayError, frames, HardenedHandshake, KIND, RELAY_CODES, sealHardenedBody, SendingKey,
  type Frame
} from '../../lib/nova/index.js'
import { decodeAnswered, decodeAsked, encodeAnswer, encodeDeliveryHead, encodePresence, encodeRefusal, encodeRequest, type Answered, type Asked, type OperationName } from '../../lib/relay/wire/index.js'
import { pipe } from '../../lib/stream/index.js'
import { collect, items } from '../support/sources.js'

const ascii = (text: string): Buffer => Buffer.from(text, 'ascii')
const u32 = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes }
const u64 = (value: bigint): Buffer => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64BE(value); return bytes }

/** HKDF-Expand of RFC 5869 with SHA-256, up to 32 bytes: one block. */
function expand (key: Uint8Array, info: Uint8Array, length: number): Buffer {
  return createHmac('sha256', key).update(info).update(Uint8Array.of(1)).digest().subarray(0, length)
}

function open (key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, sealed: Buffer): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce)
  decipher.setAAD(additionalData).setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
}

test('identity: id and proof', t => {
  const { id, publicKey, staticKey, proof } = createIdentity()
  const expected = createHash('sha256').update(publicKey).digest().subarray(0, 16)
  expected[6] = (expected[6] ?? 0) & 0x0f | 0x80
  expected[8] = (expected[8] ?? 0) & 0x3f | 0x80
  t.deepEqual(Buffer.from(id), expected)
  t.is(proof.byteLength, 96)
  t.deepEqual(proof.subarray(0, 32), publicKey)
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(publicKey).toString('base64url') }, format: 'jwk' })
  t.true(verify(null, Buffer.concat([ascii('hushwire/static/1'), staticKey.publicKey]), key, proof.subarray(32)))
})

test('handshake: the sizes of the messages, and the offer in the first', async t => {
  const [alice, bob] = [createIdentity(), createIdentity()]
  const sizes = async (pinnedStatic?: Uint8Array): Promise<Uint8Array[]> => {
    const initiator = new HardenedHandshake({ role: 'initiator', identity: alice, verify: () => true, pinnedStatic })
    const responder = new HardenedHandshake({ role: 'responder', identity: bob, verify: () => true })
    const messages: Uint8Array[] = []
    for (let [writer, reader] = [initiator, responder]; writer.turn === 'write'; [writer, reader] = [reader, writer]) {
      const message = writer.write()
      messages.push(message)
      await reader.read(message)
    }
    t.is(initiator.turn, 'done')
    return messages
  }
  const xx = await sizes()
  t.deepEqual(xx.map(({ byteLength }) => byteLength), [45, 205, 160])
  t.deepEqual(Buffer.from(xx[0] as Uint8Array).subarray(32), Buffer.concat([Uint8Array.of(1), u32(0), u32(65_536), u32(256)]))
  t.deepEqual((await sizes(bob.staticKey.publicKey)).map(({ byteLength }) => byteLength), [205, 157])
})

test('the hardened hop: nonce, additional data, rekey', async t => {
  const key = Buffer.alloc(32, 7)
  const hop = cipher({ key: { seal: key, open: key }, sequenced: true })
  const frame = (packetNonce: number, frameNonce: number, content: Uint8Array): Frame => ({ packetNonce, frameNonce, terminating: false, encrypted: false, size: content.byteLength, content: [content] })
  const rekey = Buffer.concat([Uint8Array.of(7), u32(0), u32(0)])
  const wire = Buffer.from(await collect(flat(pipe(items([frame(1, 1, ascii('one')), frame(1, 2, ascii('two')), frame(0, 3, rekey), frame(1, 3, ascii('three'))]), hop.seal(), frames().encode()))))
  const next = expand(key, ascii('hushwire/rekey/1'), 32)
  let at = 0
  for (const [packetNonce, frameNonce, under, count, plain] of [[1, 1, key, 0n, ascii('one')], [1, 2, key, 1n, ascii('two')], [0, 3, key, 2n, rekey], [1, 3, next, 0n, ascii('three')]] as const) {
    const header = wire.subarray(at, at + 18)
    t.deepEqual(header, Buffer.concat([ascii('NOVA'), u32(plain.byteLength + 16), u32(frameNonce), u32(packetNonce), Uint8Array.of(0, 1)]))
    const sealed = wire.subarray(at + 18, at + 18 + plain.byteLength + 16)
    t.deepEqual(open(under, Buffer.concat([u32(packetNonce), u32(frameNonce), u32(0)]), Buffer.concat([header, u64(count)]), sealed), Buffer.from(plain))
    at += 18 + sealed.byteLength
  }
  t.is(at, wire.byteLength)
})

test('session: header, message key, chunks', async t => {
  const key = Buffer.alloc(32, 9)
  const route = { target: Buffer.alloc(16, 1), source: Buffer.alloc(16, 2), kind: 77n }
  const message = Buffer.from(Array.from({ length: 150_000 }, (_, index) => index * index % 251))
  const body = Buffer.from(await collect(flat(sealHardenedBody([message], new SendingKey(key, { counter: 5 }), route, { level: 0 }))))
  const header = body.subarray(0, 33)
  t.deepEqual(header.subarray(0, 17), Buffer.concat([Uint8Array.of(1), expand(key, ascii('hushwire/session/1 id'), 8), u64(5n)]))
  const messageKey = expand(key, Buffer.concat([ascii('hushwire/session/1 message'), header]), 32)
  const plain: Buffer[] = []
  let at = 33
  for (let i = 0; at < body.byteLength; i++) {
    const length = body.readUInt32BE(at)
    const final = body.subarray(at + 4, at + 5)
    const additionalData = Buffer.concat([final, route.target, route.source, u64(route.kind), header])
    plain.push(open(messageKey, Buffer.concat([Buffer.alloc(8), u32(i)]), additionalData, body.subarray(at + 5, at + 5 + length)))
    at += 5 + length
    t.is(final[0], at === body.byteLength ? 1 : 0)
  }
  t.true(plain.length > 2)
  t.deepEqual(inflateSync(Buffer.concat(plain)), message)
})

test("the relay's requests and answers", t => {
  const [id, other, key, proof] = [Buffer.alloc(16, 3), Buffer.alloc(16, 4), Buffer.alloc(32, 5), Buffer.alloc(96, 6)]
  const prekey = { id: Buffer.alloc(8, 7), key, signature: Buffer.alloc(64, 8) }
  const prekeyBytes = Buffer.concat([prekey.id, prekey.key, prekey.signature])
  const says = <Name extends OperationName>(name: Name, op: number, asked: Asked<Name>, askedBytes: Uint8Array, answered: Answered<Name>, answeredBytes: Uint8Array): void => {
    t.deepEqual(Buffer.from(encodeRequest(name, 6, asked)), Buffer.concat([Uint8Array.of(op), u32(6), askedBytes]), name)
    t.deepEqual(Buffer.from(encodeAnswer(name, 6, answered)), Buffer.concat([Uint8Array.of(op), u32(6), u32(0), answeredBytes]), name)
    t.deepEqual(encodeRequest(name, 6, decodeAsked(name, askedBytes)), encodeRequest(name, 6, asked), name)
    t.deepEqual(encodeAnswer(name, 6, decodeAnswered(name, answeredBytes)), encodeAnswer(name, 6, answered), name)
  }
  says('hello', 1, { version: 1, invite: key }, Buffer.concat([Uint8Array.of(1), u32(32), key]),
    { prekeys: 1, lastResort: prekey.id, maxMail: 2n, maxOutstanding: 3, maxPrekeys: 4 }, Buffer.concat([u32(1), prekey.id, u64(2n), u32(3), u32(4)]))
  says('lookup', 2, { id }, id, { staticKey: key, proof, online: true }, Buffer.concat([key, proof, Uint8Array.of(1)]))
  says('takePrekey', 3, { id }, id, { staticKey: key, proof, prekey, oneTime: false }, Buffer.concat([key, proof, prekeyBytes, Uint8Array.of(0)]))
  says('publish', 4, { replace: true, oneTime: [prekey, prekey], lastResort: [] }, Buffer.concat([Uint8Array.of(1), u32(2), prekeyBytes, prekeyBytes, u32(0)]), { prekeys: 9 }, u32(9))
  says('mail', 5, { id, recipient: other, kind: 1n, lifetime: 2n }, Buffer.concat([id, other, u64(1n), u64(2n)]), { duplicate: true }, Uint8Array.of(1))
  says('receive', 6, { after: 1n, maxUntaken: 2 }, Buffer.concat([u64(1n), u32(2)]), {}, Buffer.alloc(0))
  says('taken', 7, { positions: [1n, 2n] }, Buffer.concat([u32(2), u64(1n), u64(2n)]), {}, Buffer.alloc(0))
  says('watch', 8, { ids: [id, other] }, Buffer.concat([u32(2), id, other]), { online: [true, false] }, Buffer.concat([u32(2), Uint8Array.of(1, 0)]))
  t.deepEqual(Buffer.from(encodeRefusal(5, 6, RELAY_CODES.quota)), Buffer.concat([Uint8Array.of(5), u32(6), u32(8)]))
})

test('what the relay says of itself', t => {
  const [id, sender] = [Buffer.alloc(16, 3), Buffer.alloc(16, 4)]
  t.deepEqual([KIND.handshake, KIND.error, KIND.confirm, KIND.request, KIND.delivery, KIND.stream, KIND.presence].map(kind => kind - (1n << 63n)), [1n, 2n, 4n, 5n, 6n, 7n, 8n])
  t.deepEqual(Buffer.from(encodeRelayError({ code: 1, target: id, kind: 9n, text: 'gone' })), Buffer.concat([u32(1), id, u64(9n), u32(4), ascii('gone')]))
  t.deepEqual(Buffer.from(encodeDeliveryHead({ position: 1n, id, sender, kind: 2n, stored: 3n, length: 4n })), Buffer.concat([u64(1n), id, sender, u64(2n), u64(3n), u64(4n)]))
  t.deepEqual(Buffer.from(encodePresence({ id, online: true })), Buffer.concat([id, Uint8Array.of(1)]))
  t.deepEqual(RELAY_CODES, { ok: 0, unknownTarget: 1, notYourSource: 2, targetGone: 3, malformed: 4, limit: 5, notRegistered: 6, invite: 7, quota: 8, tooLong: 9, unavailable: 10, offline: 11, noPrekey: 12, shutdown: 13 })
})

async function * flat (source: AsyncIterable<Uint8Array | Iterable<Uint8Array>>): AsyncGenerator<Uint8Array, void> {
  for await (const bytes of source) yield * bytes instanceof Uint8Array ? [bytes] : bytes
}
