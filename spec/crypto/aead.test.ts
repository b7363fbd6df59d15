import test from 'ava'
import fc from 'fast-check'
import type { Aead, BulkAead } from '../../lib/crypto/index.js'
import { PortableBulkAead } from '../../lib/crypto/portable-bulk.js'
import { crypto as portable } from '../../lib/crypto/portable.js'
import { join } from '../../lib/stream/index.js'
import { ALGORITHMS, backends, pairs } from './backends.js'

const KEY = Uint8Array.from({ length: 32 }, (_, at) => at)
const NONCE = Uint8Array.from({ length: 12 }, (_, at) => 0xa0 + at)
const NONE = new Uint8Array(0)
const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength })
const cuts = fc.array(fc.nat(), { maxLength: 6 })

/** The bytes cut into pieces, some of them empty. */
function pieces (whole: Uint8Array, at: readonly number[]): Uint8Array[] {
  const ends = [0, ...at.map(cut => cut % (whole.byteLength + 1)), whole.byteLength].sort((a, b) => a - b)
  return ends.slice(1).map((end, i) => whole.subarray(ends[i], end))
}

async function sealed (aead: Aead | BulkAead, additionalData: Uint8Array, plaintext: Uint8Array[]): Promise<Uint8Array> {
  return join(await aead.seal(NONCE, additionalData, plaintext))
}

for (const crypto of backends) {
  test(`bulkAesGcm of ${crypto.backend}: a copy of the key, until it is destroyed`, t => {
    const aead = crypto.bulkAesGcm(KEY)
    aead.exportKey().fill(0)
    t.deepEqual(aead.exportKey(), KEY)
    aead.destroy()
    t.throws(() => aead.exportKey(), { code: 'ERR_CRYPTO_DESTROYED' })
  })
}

for (const algorithm of ALGORITHMS) {
  for (const [maker, taker] of pairs) {
    test(`${algorithm}: what ${maker.backend} seals ${taker.backend} opens, however it is cut`, async t => {
      const seals = maker[algorithm](KEY)
      const opens = taker[algorithm](KEY)
      await fc.assert(fc.asyncProperty(fc.oneof(bytes(80), fc.uint8Array({ minLength: 3000, maxLength: 6000 })), bytes(40), cuts, cuts, async (plaintext, additionalData, there, back) => {
        const before = plaintext.slice()
        const whole = await sealed(seals, additionalData, pieces(plaintext, there))
        t.is(whole.byteLength, plaintext.byteLength + 16)
        const wholeBefore = whole.slice()
        const opened = await opens.open(NONCE, additionalData, pieces(whole, back))
        for (const piece of opened) t.true(piece instanceof Uint8Array)
        t.deepEqual(new Uint8Array(join(opened)), before)
        t.deepEqual(plaintext, before, 'inputs are not written to')
        t.deepEqual(whole, wholeBefore, 'inputs are not written to')
      }), { numRuns: 60 })
    })
  }

  for (const crypto of backends) {
    test(`${algorithm} of ${crypto.backend}: one flipped bit anywhere fails`, async t => {
      const aead = crypto[algorithm](KEY)
      const additionalData = Uint8Array.of(1, 2, 3)
      const whole = await sealed(aead, additionalData, [Uint8Array.from({ length: 37 }, (_, at) => at)])
      const opening = (nonce: Uint8Array, data: Uint8Array, body: Uint8Array) => async () => aead.open(nonce, data, [body])
      for (let at = 0; at < whole.byteLength; at++) await t.throwsAsync(opening(NONCE, additionalData, flipped(whole, at)), { code: 'ERR_CRYPTO_AUTH' })
      for (let at = 0; at < NONCE.byteLength; at++) await t.throwsAsync(opening(flipped(NONCE, at), additionalData, whole), { code: 'ERR_CRYPTO_AUTH' })
      for (let at = 0; at < 3; at++) await t.throwsAsync(opening(NONCE, flipped(additionalData, at), whole), { code: 'ERR_CRYPTO_AUTH' })
      for (let length = 0; length < whole.byteLength; length++) await t.throwsAsync(opening(NONCE, additionalData, whole.subarray(0, length)), { code: 'ERR_CRYPTO_AUTH' })
      t.is((await aead.open(NONCE, additionalData, [whole])).reduce((sum, piece) => sum + piece.byteLength, 0), 37)
    })

    test(`${algorithm} of ${crypto.backend}: a large unit fails likewise, and no pieces at all do too`, async t => {
      const aead = crypto[algorithm](KEY)
      const whole = await sealed(aead, NONE, [new Uint8Array(5000)])
      for (const at of [0, 2500, 4999, 5000, 5015]) await t.throwsAsync(async () => aead.open(NONCE, NONE, [flipped(whole, at)]), { code: 'ERR_CRYPTO_AUTH' })
      await t.throwsAsync(async () => aead.open(NONCE, NONE, []), { code: 'ERR_CRYPTO_AUTH' })
    })

    test(`${algorithm} of ${crypto.backend}: lengths of keys and nonces, and the end of a key`, async t => {
      for (const length of [0, 16, 31, 33]) t.throws(() => crypto[algorithm](new Uint8Array(length)), { code: 'ERR_CRYPTO_KEY' })
      const key = KEY.slice()
      const aead = crypto[algorithm](key)
      const small = await sealed(aead, NONE, [NONE])
      key.fill(0)
      t.deepEqual(await sealed(aead, NONE, [NONE]), small, 'the key was copied')
      for (const size of [0, 5000]) {
        for (const length of [0, 8, 11, 13, 16]) {
          t.throws(() => aead.seal(new Uint8Array(length), NONE, [new Uint8Array(size)]), { code: 'ERR_CRYPTO_NONCE' })
          t.throws(() => aead.open(new Uint8Array(length), NONE, [new Uint8Array(size + 16)]), { code: 'ERR_CRYPTO_NONCE' })
        }
      }
      aead.destroy()
      aead.destroy()
      for (const size of [0, 5000]) {
        t.throws(() => aead.seal(NONCE, NONE, [new Uint8Array(size)]), { code: 'ERR_CRYPTO_DESTROYED' })
        t.throws(() => aead.open(NONCE, NONE, [new Uint8Array(size + 16)]), { code: 'ERR_CRYPTO_DESTROYED' })
      }
    })
  }
}

test('bulkAesGcm of portable copies its inputs before it returns, and outlives destroy while it runs', async t => {
  const aead = portable.bulkAesGcm(KEY)
  const plaintext = new Uint8Array(5000).fill(7)
  const nonce = NONCE.slice()
  const additionalData = Uint8Array.of(1)
  const pending = aead.seal(nonce, additionalData, [plaintext])
  t.true(pending instanceof Promise)
  plaintext.fill(0)
  nonce.fill(0)
  additionalData.fill(0)
  aead.destroy()
  const opened = portable.aesGcm(KEY).open(NONCE, Uint8Array.of(1), await pending)
  t.true(join(opened).every(byte => byte === 7))
})

test('bulkAesGcm of portable without WebCrypto, and over memory shared between threads', async t => {
  const without = new PortableBulkAead(portable.aesGcm(KEY), KEY, undefined)
  const shared = new Uint8Array(new SharedArrayBuffer(5000)).fill(9)
  const whole = without.seal(NONCE, NONE, [shared])
  t.false(whole instanceof Promise)
  t.deepEqual(join(await portable.bulkAesGcm(KEY).seal(NONCE, NONE, [shared])), join(await whole))
})

function flipped (whole: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(whole)
  copy[at] = (copy[at] as number) ^ 1 << at % 8
  return copy
}
