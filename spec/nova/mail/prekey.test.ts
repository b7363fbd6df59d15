import test from 'ava'
import { createIdentity } from '../../../lib/nova/index.js'
import { createPrekey, exportPrekey, importPrekey, STORED_PREKEY_BYTES, verifyPrekey } from '../../../lib/nova/mail/index.js'

const [alice, bob] = [createIdentity(), createIdentity()]

test('a prekey is whose signature it has', t => {
  const { id, key, signature } = createPrekey(bob)
  const verified = verifyPrekey(bob.publicKey, { id, key, signature })
  t.deepEqual([verified.id, verified.key, verified.owner], [id, key, bob.id])
  t.throws(() => verifyPrekey(alice.publicKey, { id, key, signature }), { code: 'ERR_PREKEY_SIGNATURE' })
  // neither a proof nor another prekey's signature passes for one
  const other = createPrekey(bob)
  for (const forged of [
    { id, key, signature: other.signature }, { id: other.id, key, signature }, { id, key: other.key, signature },
    { id, key: bob.staticKey.publicKey, signature: bob.proof.subarray(32) }, { id: new Uint8Array(), key, signature }, { id, key: new Uint8Array(), signature },
    { id, key, signature: signature.subarray(1) }, { id: id.subarray(0, 7), key: new Uint8Array([...id.subarray(7), ...key]), signature }
  ]) t.throws(() => verifyPrekey(bob.publicKey, forged), { code: 'ERR_PREKEY_SIGNATURE' })
  t.throws(() => verifyPrekey(new Uint8Array(3), { id, key, signature }), { code: 'ERR_PREKEY_SIGNATURE' })
})

test('every flipped bit of a prekey is refused', t => {
  const prekey = createPrekey(bob)
  for (const name of ['id', 'key', 'signature'] as const) {
    for (let bit = 0; bit < prekey[name].byteLength * 8; bit++) {
      const bad = prekey[name].slice()
      bad[bit >> 3] = (bad[bit >> 3] as number) ^ 1 << (bit & 7)
      t.throws(() => verifyPrekey(bob.publicKey, { ...prekey, [name]: bad }), { code: 'ERR_PREKEY_SIGNATURE' })
    }
  }
})

test('what was verified does not change with its arrays', t => {
  const { id, key, signature } = createPrekey(bob)
  const verified = verifyPrekey(bob.publicKey, { id, key, signature })
  const [name, before] = [id.slice(), key.slice()]
  id.fill(0)
  key.fill(0)
  t.deepEqual([verified.id, verified.key], [name, before])
})

test('a prekey is stored and comes back', t => {
  const prekey = createPrekey(bob)
  const stored = exportPrekey(prekey)
  t.is(stored.byteLength, STORED_PREKEY_BYTES)
  const again = importPrekey(stored)
  t.deepEqual(exportPrekey(again), stored)
  stored.fill(0)
  t.deepEqual([again.id, again.key, again.signature], [prekey.id, prekey.key, prekey.signature])
  t.notThrows(() => verifyPrekey(bob.publicKey, again))
  prekey.keyPair.destroy()
  t.throws(() => exportPrekey(prekey), { code: 'ERR_CRYPTO_DESTROYED' })
  t.notThrows(() => again.keyPair.agree(alice.staticKey.publicKey))
})

test('what is no stored prekey is refused', t => {
  const stored = exportPrekey(createPrekey(bob))
  for (let length = 0; length < STORED_PREKEY_BYTES; length++) t.throws(() => importPrekey(stored.subarray(0, length)), { code: 'ERR_PREKEY_STORED' })
  t.throws(() => importPrekey(new Uint8Array(STORED_PREKEY_BYTES + 1).fill(1)), { code: 'ERR_PREKEY_STORED' })
  for (const version of [0, 2, 255]) t.throws(() => importPrekey(stored.with(0, version)), { code: 'ERR_PREKEY_STORED' })
})

test('an identity that is destroyed signs no prekeys', t => {
  const gone = createIdentity()
  gone.destroy()
  t.throws(() => createPrekey(gone), { code: 'ERR_CRYPTO_DESTROYED' })
})
