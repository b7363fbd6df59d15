import test from 'ava'
import fc from 'fast-check'
import { formatUuid, toHex } from '../../lib/bytes/index.js'
import { crypto, hkdf } from '../../lib/crypto/index.js'
import { createIdentity, identityFromSeed, idOf, importIdentity, PROOF_BYTES, STORED_IDENTITY_BYTES, verifyProof } from '../../lib/nova/identity.js'
import { allowlist, checkPeer, memoryTrust, pinned, trustOnFirstUse } from '../../lib/nova/verify-peer.js'
import { join } from '../../lib/stream/index.js'

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
const peerOf = (identity = createIdentity()): ReturnType<typeof verifyProof> => verifyProof(identity.staticKey.publicKey, identity.proof)

test('the id is SHA-256 of the key, cut and stamped as UUIDv8', t => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), publicKey => {
    const id = idOf(publicKey)
    const digest = crypto.sha256.digest(publicKey)
    t.is(id.byteLength, 16)
    t.is(id.buffer.byteLength, 16)
    t.regex(formatUuid(id), /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    for (let at = 0; at < 16; at++) {
      const mask = at === 6 ? 0x0f : at === 8 ? 0x3f : 0xff
      t.is((id[at] as number) & mask, (digest[at] as number) & mask)
    }
  }), { numRuns: 30 })
  t.throws(() => idOf(new Uint8Array(31)), { code: 'ERR_CRYPTO_KEY' })
})

test('a proof is the key and a signature of the labelled static key, and gives the peer', t => {
  const identity = createIdentity()
  t.is(identity.proof.byteLength, PROOF_BYTES)
  t.deepEqual(identity.proof.subarray(0, 32), identity.publicKey)
  t.true(crypto.verifyEd25519(identity.publicKey, identity.proof.subarray(32), join([ascii('hushwire/static/1'), identity.staticKey.publicKey])))
  const peer = peerOf(identity)
  t.deepEqual(peer, { id: identity.id, publicKey: identity.publicKey, staticKey: identity.staticKey.publicKey, proof: identity.proof })
  t.not(peer.publicKey.buffer, identity.proof.buffer)
})

test('a proof with any bit flipped, of another static key or of another length is refused', t => {
  const identity = createIdentity()
  const refused = { code: 'ERR_IDENTITY_PROOF' }
  for (let at = 0; at < PROOF_BYTES; at++) {
    const bad = identity.proof.slice()
    bad[at] = (bad[at] as number) ^ 1 << at % 8
    t.throws(() => verifyProof(identity.staticKey.publicKey, bad), refused)
  }
  t.throws(() => verifyProof(createIdentity().staticKey.publicKey, identity.proof), refused)
  t.throws(() => verifyProof(new Uint8Array(31), identity.proof), refused)
  for (const proof of [new Uint8Array(0), identity.proof.subarray(1), join([identity.proof, Uint8Array.of(0)])]) {
    t.throws(() => verifyProof(identity.staticKey.publicKey, proof), refused)
  }
})

test('a signature for another purpose is no proof', t => {
  const identity = createIdentity()
  const { publicKey } = identity.staticKey
  for (const label of ['', 'hushwire/prekey/1', 'hushwire/static/2']) {
    t.throws(() => verifyProof(publicKey, join([identity.publicKey, identity.sign(ascii(label), publicKey)])), { code: 'ERR_IDENTITY_PROOF' })
  }
})

test('the stored form is version, seed and static key, and comes back as the same identity', t => {
  const identity = createIdentity()
  const stored = identity.exportPrivate()
  t.is(stored.byteLength, STORED_IDENTITY_BYTES)
  t.is(stored[0], 1)
  t.deepEqual(crypto.ed25519(stored.subarray(1, 33)).publicKey, identity.publicKey)
  t.deepEqual(stored.subarray(33), identity.staticKey.exportPrivate())
  const again = importIdentity(stored)
  stored.fill(0)
  t.deepEqual([again.id, again.publicKey, again.proof], [identity.id, identity.publicKey, identity.proof])
  t.deepEqual(again.exportPrivate(), identity.exportPrivate())
})

test('another length or version is no stored identity', t => {
  const stored = createIdentity().exportPrivate()
  for (const length of [0, 32, 64]) t.throws(() => importIdentity(stored.subarray(0, length)), { code: 'ERR_IDENTITY_STORED' })
  for (const version of [0, 2, 255]) {
    stored[0] = version
    t.throws(() => importIdentity(stored), { code: 'ERR_IDENTITY_STORED' })
  }
})

test('a seed gives one identity', t => {
  const seed = Uint8Array.from({ length: 32 }, (_, at) => at)
  const identity = identityFromSeed(seed)
  t.is(toHex(identity.publicKey), '03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8')
  t.deepEqual(identity.staticKey.exportPrivate(), hkdf(crypto.sha256, seed, new Uint8Array(0), ascii('hushwire/static/1 from seed'), 32))
  t.deepEqual(identityFromSeed(seed).proof, identity.proof)
  t.throws(() => identityFromSeed(new Uint8Array(16)), { code: 'ERR_CRYPTO_KEY' })
})

test('destroy takes the private keys and leaves what is public', t => {
  const identity = createIdentity()
  const { id, proof } = identity
  identity.destroy()
  t.throws(() => identity.sign(ascii('m')), { code: 'ERR_CRYPTO_DESTROYED' })
  t.throws(() => identity.exportPrivate(), { code: 'ERR_CRYPTO_DESTROYED' })
  t.throws(() => identity.staticKey.agree(createIdentity().staticKey.publicKey), { code: 'ERR_CRYPTO_DESTROYED' })
  t.deepEqual(peerOf(identity).id, id)
  t.deepEqual(identity.proof, proof)
})

test('checkPeer gives back whom the callback accepts, refuses everybody else and passes on what it throws', async t => {
  const peer = peerOf()
  t.is(await checkPeer(() => true, peer), peer)
  t.is(await checkPeer(async () => true, peer), peer)
  await t.throwsAsync(checkPeer(() => false, peer), { code: 'ERR_IDENTITY_REFUSED' })
  await t.throwsAsync(checkPeer(async () => false, peer), { code: 'ERR_IDENTITY_REFUSED' })
  // what a caller in JavaScript may write
  await t.throwsAsync(checkPeer((() => {}) as never, peer), { code: 'ERR_IDENTITY_REFUSED' })
  await t.throwsAsync(checkPeer((() => 'yes') as never, peer), { code: 'ERR_IDENTITY_REFUSED' })
  await t.throwsAsync(checkPeer(() => { throw new TypeError('of the caller') }, peer), { instanceOf: TypeError })
})

test('pinned keys', t => {
  const [one, two, other] = [peerOf(), peerOf(), peerOf()]
  const key = one.publicKey.slice()
  const verify = pinned(key, two.publicKey)
  key.fill(0)
  t.deepEqual([verify(one), verify(two), verify(other)], [true, true, false])
  t.false(pinned()(one))
  t.throws(() => pinned(new Uint8Array(16)), { code: 'ERR_CRYPTO_KEY' })
})

test('an allowlist follows the set that it was given', t => {
  const [one, other] = [peerOf(), peerOf()]
  const ids = new Set<Uint8Array>([one.id.slice()])
  const verify = allowlist(ids)
  t.deepEqual([verify(one), verify(other)], [true, false])
  ids.add(other.id)
  t.true(verify(other))
  ids.clear()
  t.false(verify(one))
})

test('trust on first use: the first under a name, nobody else, also when two come at once', async t => {
  const [first, second] = [peerOf(), peerOf()]
  const store = memoryTrust()
  const verify = trustOnFirstUse(store, 'relay')
  t.deepEqual(await Promise.all([verify(first), verify(second), trustOnFirstUse(store, 'relay')(second)]), [true, false, false])
  t.true(await verify(first))
  t.false(await verify(second))
  t.true(await trustOnFirstUse(store, 'another')(second))
  t.false(await trustOnFirstUse(store, 'another')(first))
})

test('a full store of trust refuses new names and keeps the old ones', async t => {
  const peer = peerOf()
  const store = memoryTrust({ maxNames: 1 })
  t.true(await trustOnFirstUse(store, 'one')(peer))
  await t.throwsAsync(checkPeer(trustOnFirstUse(store, 'two'), peer), { code: 'ERR_IDENTITY_REFUSED' })
  t.true(await trustOnFirstUse(store, 'one')(peer))
  // NaN would be no limit at all
  for (const maxNames of [NaN, 0, 1.5]) t.throws(() => memoryTrust({ maxNames }), { code: 'ERR_LIMIT_OPTION' })
})
