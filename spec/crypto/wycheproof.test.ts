import type { ExecutionContext } from 'ava'
import { fromHex, toHex } from '../../lib/bytes/index.js'
import { hkdf, type Crypto } from '../../lib/crypto/index.js'
import { join } from '../../lib/stream/index.js'
import { vectorTest } from '../support/vectors.js'
import { ALGORITHMS, backends } from './backends.js'

type Numbered<Test> = Test & { tcId: number, result: 'valid' | 'invalid' | 'acceptable' }
interface Suite<Group, Test> { numberOfTests: number, testGroups: Array<Group & { tests: Array<Numbered<Test>> }> }
interface AeadGroup { keySize: number, ivSize: number, tagSize: number }
interface AeadTest { key: string, iv: string, aad: string, msg: string, ct: string, tag: string }

for (const algorithm of ALGORITHMS) {
  const file = algorithm === 'chachaPoly' ? 'chacha20_poly1305' : 'aes_gcm'
  vectorTest<Suite<AeadGroup, AeadTest>>(`wycheproof ${file}, ${algorithm}`, `third-party/wycheproof/${file}_test.json`, async (t, suite) => {
    for (const crypto of backends) {
      let run = 0
      let badNonces = 0
      let otherKeys = 0
      for (const group of suite.testGroups) {
        for (const v of group.tests) {
          const nonce = fromHex(v.iv)
          if (group.keySize !== 256) {
            t.throws(() => crypto[algorithm](fromHex(v.key)), { code: 'ERR_CRYPTO_KEY' })
            otherKeys++
            continue
          }
          const aead = crypto[algorithm](fromHex(v.key))
          if (group.ivSize !== 96) {
            t.throws(() => aead.seal(nonce, fromHex(v.aad), [fromHex(v.msg)]), { code: 'ERR_CRYPTO_NONCE' })
            t.throws(() => aead.open(nonce, fromHex(v.aad), [fromHex(v.ct + v.tag)]), { code: 'ERR_CRYPTO_NONCE' })
            badNonces++
            continue
          }
          t.is(group.tagSize, 128)
          const open = async (): Promise<Uint8Array[]> => aead.open(nonce, fromHex(v.aad), [fromHex(v.ct), fromHex(v.tag)])
          if (v.result === 'valid') {
            t.is(toHex(join(await open())), v.msg, `${crypto.backend} ${v.tcId}`)
            t.is(toHex(join(await aead.seal(nonce, fromHex(v.aad), [fromHex(v.msg)]))), v.ct + v.tag)
          } else {
            await t.throwsAsync(open, { code: 'ERR_CRYPTO_AUTH' }, `${crypto.backend} ${v.tcId}`)
          }
          run++
        }
      }
      t.log(`${crypto.backend}: ${run} run; refused for their nonce ${badNonces}, for their key ${otherKeys}`)
      t.is(run + badNonces + otherKeys, suite.numberOfTests)
      t.is(run, file === 'aes_gcm' ? 66 : 316)
    }
  })
}

vectorTest<Suite<unknown, { ikm: string, salt: string, info: string, size: number, okm: string }>>('wycheproof hkdf', 'third-party/wycheproof/hkdf_sha256_test.json', (t, suite) => {
  each(t, suite, (crypto, v) => {
    const derive = (): Uint8Array => hkdf(crypto.sha256, fromHex(v.ikm), fromHex(v.salt), fromHex(v.info), v.size)
    if (v.result === 'invalid') t.throws(derive, { code: 'ERR_CRYPTO_LENGTH' })
    else t.is(toHex(derive()), v.okm, `${crypto.backend} ${v.tcId}`)
  })
})

vectorTest<Suite<{ tagSize: number }, { key: string, msg: string, tag: string }>>('wycheproof hmac', 'third-party/wycheproof/hmac_sha256_test.json', (t, suite) => {
  each(t, suite, (crypto, v, group) => {
    const tag = crypto.sha256.hmac(fromHex(v.key), fromHex(v.msg)).subarray(0, group.tagSize / 8)
    t.is(crypto.equal(tag, fromHex(v.tag)), v.result === 'valid', `${crypto.backend} ${v.tcId}`)
  })
})

vectorTest<Suite<unknown, { public: string, private: string, shared: string }>>('wycheproof x25519: every secret, and low order refused', 'third-party/wycheproof/x25519_test.json', (t, suite) => {
  let refused = 0
  each(t, suite, (crypto, v) => {
    const key = crypto.x25519(fromHex(v.private))
    const lowOrder = /^0+$/.test(v.shared)
    if (lowOrder) t.throws(() => key.agree(fromHex(v.public)), { code: 'ERR_CRYPTO_LOW_ORDER' }, `${crypto.backend} ${v.tcId}`)
    else t.is(toHex(key.agree(fromHex(v.public))), v.shared, `${crypto.backend} ${v.tcId}`)
    if (lowOrder) refused++
  })
  t.is(refused, 31 * backends.length)
})

vectorTest<Suite<{ publicKey: { pk: string } }, { msg: string, sig: string }>>('wycheproof ed25519', 'third-party/wycheproof/ed25519_test.json', (t, suite) => {
  each(t, suite, (crypto, v, group) => {
    const verdict = crypto.verifyEd25519(fromHex(group.publicKey.pk), fromHex(v.sig), fromHex(v.msg))
    t.is(verdict, v.result === 'valid', `${crypto.backend} ${v.tcId}`)
  })
})

/** Runs every test of a suite on every backend, and sees that none was missed. */
function each<Group, Test> (t: ExecutionContext, suite: Suite<Group, Test>, run: (crypto: Crypto, test: Numbered<Test>, group: Group) => void): void {
  for (const crypto of backends) {
    let count = 0
    for (const group of suite.testGroups) {
      for (const test of group.tests) {
        run(crypto, test, group)
        count++
      }
    }
    t.is(count, suite.numberOfTests)
  }
}
