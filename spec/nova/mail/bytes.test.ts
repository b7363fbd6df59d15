/** What docs/protocol.md says of mail, done again with node:crypto alone, in both directions. */
import test from 'ava'
import { createPublicKey, verify } from 'node:crypto'
import { deflateSync, inflateSync } from 'node:zlib'
import { createIdentity } from '../../../lib/nova/index.js'
import { createPrekey, exportPrekey, openMailBytes } from '../../../lib/nova/mail/index.js'
import { each, noise } from '../../zlib/support.js'
import { openByHand } from './by-hand.js'
import { byHand, keysOf, pairOf, sealed } from './support.js'

test('a prekey and its stored form', t => {
  const identity = createIdentity()
  const prekey = createPrekey(identity)
  t.is(prekey.id.byteLength, 8)
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(identity.publicKey).toString('base64url') }, format: 'jwk' })
  t.true(verify(null, Buffer.concat([Buffer.from('hushwire/prekey/1', 'ascii'), prekey.id, prekey.key]), key, prekey.signature))
  t.deepEqual(Buffer.from(exportPrekey(prekey)), Buffer.concat([Uint8Array.of(1), prekey.id, prekey.keyPair.exportPrivate(), prekey.signature]))
})

test('what is sealed opens by hand', async t => {
  const pair = pairOf(undefined, undefined, 2n ** 64n - 1n)
  const message = noise(150_000)
  const body = Buffer.from(await sealed(pair, [message], { level: 0 }))
  const { prekeyId, senderStatic, payload, chunks } = openByHand(body, keysOf(pair.prekey.keyPair), pair.route)
  t.deepEqual(prekeyId, Buffer.from(pair.prekey.id))
  t.deepEqual(senderStatic, Buffer.from(pair.alice.staticKey.publicKey))
  t.deepEqual(payload, Buffer.from(pair.alice.proof))
  t.is(chunks.length, 3)
  t.true(chunks.every(({ byteLength }) => byteLength <= 65_536))
  t.deepEqual(inflateSync(Buffer.concat(chunks)), Buffer.from(message))
})

test('what is sealed by hand opens', async t => {
  const pair = pairOf()
  const message = noise(150_000)
  const packed = deflateSync(message)
  const body = byHand(pair, [packed.subarray(0, 65_536), packed.subarray(65_536, 65_537), packed.subarray(65_537, 130_000), packed.subarray(130_000), Buffer.alloc(0)])
  const { sender, prekeyId, mark, bytes } = await openMailBytes(each([body]), pair.envelope)
  t.deepEqual(sender.id, pair.alice.id)
  t.deepEqual(sender.staticKey, pair.alice.staticKey.publicKey)
  t.deepEqual(prekeyId, pair.prekey.id)
  t.deepEqual(Buffer.from(mark), openByHand(Buffer.from(body), keysOf(pair.prekey.keyPair), pair.route).mark)
  t.deepEqual(Buffer.from(bytes), Buffer.from(message))
})
