import test from 'ava'
import { toHex } from '../../lib/bytes/index.js'
import { blake2b, blake2s, crypto, hkdf, sha512, type Hash } from '../../lib/crypto/index.js'
import * as node from '../../lib/crypto/node-hashes.js'
import * as portable from '../../lib/crypto/portable-hashes.js'
import { ascii } from './backends.js'

const NAMES = ['sha256', 'sha512', 'blake2s', 'blake2b'] as const

/** FIPS 180-4 and RFC 7693 appendices A and B: the digests of `abc`. */
const ABC = {
  sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  sha512: 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  blake2s: '508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982',
  blake2b: 'ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923'
}

const SHAPES = { sha256: ['SHA256', 32, 64], sha512: ['SHA512', 64, 128], blake2s: ['BLAKE2s', 32, 64], blake2b: ['BLAKE2b', 64, 128] }

/** HMAC by its definition (RFC 2104), over the digest alone. */
function hmacByHand ({ digest, blockLength }: Hash, key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(blockLength)
  block.set(key.byteLength > blockLength ? digest(key) : key)
  return digest(block.map(byte => byte ^ 0x5c), digest(block.map(byte => byte ^ 0x36), message))
}

for (const name of NAMES) {
  test(`${name}: known digest, shape, any pieces, on both backends`, t => {
    for (const { [name]: hash } of [node, portable]) {
      t.is(toHex(hash.digest(ascii('abc'))), ABC[name])
      t.is(toHex(hash.digest(ascii('a'), new Uint8Array(0), ascii('bc'))), ABC[name])
      t.deepEqual([hash.name, hash.length, hash.blockLength], SHAPES[name])
      t.is(hash.digest().constructor, Uint8Array)
    }
  })

  test(`${name}: a digest of pieces that come one by one, and of a copy that goes on by itself`, t => {
    for (const { [name]: hash } of [node, portable]) {
      const state = hash.create()
      state.update(ascii('a'))
      const copy = state.clone()
      state.update(ascii('bc'))
      t.is(toHex(state.digest()), ABC[name])
      t.throws(() => { state.update(ascii('d')) })
      copy.update(ascii('d'))
      t.deepEqual(copy.digest(), hash.digest(ascii('ad')))
    }
  })

  test(`${name}: HMAC is the generic one, and the backends agree about it and HKDF`, t => {
    for (const length of [0, 1, 32, 63, 64, 65, 127, 128, 129, 300]) {
      const [key, message] = [crypto.randomBytes(length), crypto.randomBytes(length + 7)]
      for (const { [name]: hash } of [node, portable]) {
        t.deepEqual(hash.hmac(key, message), hmacByHand(hash, key, message))
        t.deepEqual(hash.hmac(key, message.subarray(0, 5), message.subarray(5)), hmacByHand(hash, key, message))
      }
      t.deepEqual(hkdf(node[name], key, message, key, 3 * node[name].length), hkdf(portable[name], key, message, key, 3 * node[name].length))
    }
  })
}

test('the entry point gives the hashes of the backend in use', t => {
  const expected = crypto.backend === 'node' ? node : portable
  t.is(sha512, expected.sha512)
  t.is(blake2s, expected.blake2s)
  t.is(blake2b, expected.blake2b)
  t.is(crypto.sha256, expected.sha256)
})
