import test from 'ava'
import { fromHex, toHex } from '../../lib/bytes/index.js'
import { hkdf, hkdfExpand, hkdfExtract } from '../../lib/crypto/index.js'
import { vectorTest } from '../support/vectors.js'
import { ascii, backends } from './backends.js'

test('SHA-256 and HMAC of known texts, whole and in pieces', t => {
  for (const { sha256 } of backends) {
    // FIPS 180-2 appendix B.1, RFC 4231 test case 2
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    t.is(toHex(sha256.digest(ascii('abc'))), digest)
    t.is(toHex(sha256.digest(ascii('a'), new Uint8Array(0), ascii('bc'))), digest)
    t.is(toHex(sha256.digest()), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    const mac = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
    t.is(toHex(sha256.hmac(ascii('Jefe'), ascii('what do ya want for nothing?'))), mac)
    t.is(toHex(sha256.hmac(ascii('Jefe'), ascii('what do ya '), ascii('want for nothing?'))), mac)
    t.deepEqual([sha256.name, sha256.length, sha256.blockLength], ['SHA256', 32, 64])
  }
})

test('Ed25519 of RFC 8032 section 7.1, tests 1 to 3', t => {
  const cases: ReadonlyArray<readonly [seed: string, publicKey: string, message: string, signature: string]> = [
    ['9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'],
    ['4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb', '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c', '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'],
    ['c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7', 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025', 'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a']
  ]
  for (const crypto of backends) {
    for (const [seed, publicKey, message, signature] of cases) {
      const key = crypto.ed25519(fromHex(seed))
      t.is(toHex(key.publicKey), publicKey)
      t.is(toHex(key.sign(fromHex(message))), signature)
      t.true(crypto.verifyEd25519(key.publicKey, fromHex(signature), fromHex(message)))
    }
  }
})

vectorTest<{ tests: Array<{ ikm: string, salt: string, info: string, L: number, prk: string, okm: string }> }>('HKDF of RFC 5869', 'third-party/rfc/rfc5869-hkdf-sha256.json', (t, { tests }) => {
  for (const { sha256 } of backends) {
    for (const v of tests) {
      const key = hkdfExtract(sha256, fromHex(v.salt), fromHex(v.ikm))
      t.is(toHex(key), v.prk)
      t.is(toHex(hkdfExpand(sha256, key, fromHex(v.info), v.L)), v.okm)
      t.is(toHex(hkdf(sha256, fromHex(v.ikm), fromHex(v.salt), fromHex(v.info), v.L)), v.okm)
    }
  }
})

vectorTest<{ tests: Array<{ scalar: string, u: string, out: string }> }>('X25519 of RFC 7748', 'third-party/rfc/rfc7748-x25519.json', (t, { tests }) => {
  for (const crypto of backends) {
    for (const v of tests) t.is(toHex(crypto.x25519(fromHex(v.scalar)).agree(fromHex(v.u))), v.out)
  }
})

vectorTest<Array<{ message: string, pub_key: string, signature: string }>>('Ed25519 edge cases: both backends take the one without small orders and odd encodings', 'third-party/rfc/ed25519-edge-cases.json', (t, cases) => {
  for (const crypto of backends) {
    const taken = cases.flatMap((v, at) => crypto.verifyEd25519(fromHex(v.pub_key), fromHex(v.signature), fromHex(v.message)) ? [at] : [])
    // case 3 has parts of small order in key and R that cancel without the cofactor; 4 needs the cofactor
    t.deepEqual(taken, [3], crypto.backend)
  }
})

vectorTest<Array<{ vk_bytes: string, sig_bytes: string }>>('Ed25519: nothing that only ZIP-215 takes', 'third-party/rfc/ed25519-zip215.json', (t, cases) => {
  t.true(cases.length > 0)
  for (const crypto of backends) {
    for (const v of cases) t.false(crypto.verifyEd25519(fromHex(v.vk_bytes), fromHex(v.sig_bytes), ascii('Zcash')), crypto.backend)
  }
})
