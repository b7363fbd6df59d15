import test from 'ava'
import fc from 'fast-check'
import { crypto as chosen, hkdf, hkdfExpand, wipe } from '../../lib/crypto/index.js'
import { ascii, backends, pairs } from './backends.js'

const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('#crypto is one of the two', t => {
  t.true(backends.includes(chosen))
})

for (const [one, other] of pairs) {
  test(`x25519: ${one.backend} and ${other.backend} agree`, t => {
    fc.assert(fc.property(key32, raw => {
      const mine = one.x25519(raw)
      t.deepEqual(other.x25519(raw).publicKey, mine.publicKey)
      t.deepEqual(mine.exportPrivate(), raw)
      const theirs = other.x25519()
      t.deepEqual(mine.agree(theirs.publicKey), theirs.agree(mine.publicKey))
      t.deepEqual(other.x25519(theirs.exportPrivate()).publicKey, theirs.publicKey)
    }), { numRuns: 10 })
  })

  test(`ed25519: ${one.backend} signs as ${other.backend} and each verifies, nothing else`, t => {
    fc.assert(fc.property(key32, fc.uint8Array({ maxLength: 100 }), fc.nat(), fc.nat(7), (seed, message, at, bit) => {
      const signer = one.ed25519(seed)
      const signature = signer.sign(message)
      t.deepEqual(signature, other.ed25519(seed).sign(message.subarray(0, 10), message.subarray(10)))
      t.deepEqual(signer.exportPrivate(), seed)
      t.true(other.verifyEd25519(signer.publicKey, signature, message.subarray(0, 3), message.subarray(3)))
      const bad = signature.slice()
      bad[at % 64] = (bad[at % 64] as number) ^ 1 << bit
      t.false(other.verifyEd25519(signer.publicKey, bad, message))
      t.false(other.verifyEd25519(signer.publicKey, signature, message, Uint8Array.of(0)))
    }), { numRuns: 15 })
  })
}

test('verdicts on any bytes are the same', t => {
  const [one, other] = backends
  // points near the edges of the field and of the order, and random ones
  const point = fc.oneof(key32, fc.tuple(fc.constantFrom(0, 0xff), fc.nat(255), fc.nat(255)).map(([fill, first, last]) => {
    const bytes = new Uint8Array(32).fill(fill)
    bytes[0] = first
    bytes[31] = last
    return bytes
  }))
  fc.assert(fc.property(point, point, point, fc.uint8Array({ maxLength: 4 }), (publicKey, r, s, message) => {
    const signature = new Uint8Array([...r, ...s])
    t.is(one?.verifyEd25519(publicKey, signature, message), other?.verifyEd25519(publicKey, signature, message))
  }), { numRuns: 200 })
})

for (const crypto of backends) {
  test(`${crypto.backend}: wrong lengths`, t => {
    for (const length of [0, 31, 33, 64]) {
      const wrong = new Uint8Array(length)
      t.throws(() => crypto.x25519(wrong), { code: 'ERR_CRYPTO_KEY' })
      t.throws(() => crypto.ed25519(wrong), { code: 'ERR_CRYPTO_KEY' })
      t.throws(() => crypto.x25519().agree(wrong), { code: 'ERR_CRYPTO_KEY' })
      t.false(crypto.verifyEd25519(wrong, new Uint8Array(64), ascii('m')))
    }
    for (const length of [0, 63, 65]) t.false(crypto.verifyEd25519(crypto.ed25519().publicKey, new Uint8Array(length), ascii('m')))
  })

  test(`${crypto.backend}: S and its other form S + L`, t => {
    const key = crypto.ed25519(new Uint8Array(32))
    const signature = key.sign(ascii('m'))
    let carry = 0n
    const order = 2n ** 252n + 27742317777372353535851937790883648493n
    const malleable = signature.map((byte, at) => {
      if (at < 32) return byte
      const sum = BigInt(byte) + (order >> BigInt(8 * (at - 32)) & 0xffn) + carry
      carry = sum >> 8n
      return Number(sum & 0xffn)
    })
    t.true(crypto.verifyEd25519(key.publicKey, signature, ascii('m')))
    t.false(crypto.verifyEd25519(key.publicKey, malleable, ascii('m')))
  })

  test(`${crypto.backend}: keys are copied, exported as copies, and gone after destroy`, t => {
    const raw = Uint8Array.from({ length: 32 }, (_, at) => at)
    for (const make of [(key: Uint8Array) => crypto.x25519(key), (key: Uint8Array) => crypto.ed25519(key)]) {
      const input = raw.slice()
      const key = make(input)
      wipe(input)
      key.exportPrivate().fill(0xff)
      t.deepEqual(key.exportPrivate(), raw)
      key.destroy()
      key.destroy()
      t.throws(() => key.exportPrivate(), { code: 'ERR_CRYPTO_DESTROYED' })
      t.throws(() => 'agree' in key ? key.agree(raw) : key.sign(raw), { code: 'ERR_CRYPTO_DESTROYED' })
      t.is(key.publicKey.byteLength, 32)
    }
  })

  test(`${crypto.backend}: equal`, t => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), fc.nat(), (a, at) => {
      t.true(crypto.equal(a, a.slice()))
      t.false(crypto.equal(a, new Uint8Array([...a, 0])))
      if (a.byteLength === 0) return
      const b = a.slice()
      b[at % b.byteLength] = (b[at % b.byteLength] as number) ^ 0x80
      t.false(crypto.equal(a, b))
    }))
  })

  test(`${crypto.backend}: randomBytes, also more than WebCrypto draws at once`, t => {
    t.is(crypto.randomBytes(0).byteLength, 0)
    const large = crypto.randomBytes(150_000)
    t.is(large.byteLength, 150_000)
    for (const at of [0, 65_536, 131_072]) t.true(large.subarray(at, at + 64).some(byte => byte !== 0))
    t.notDeepEqual(crypto.randomBytes(32), crypto.randomBytes(32))
    for (const length of [-1, 1.5, NaN, 2 ** 31]) t.throws(() => crypto.randomBytes(length), { code: 'ERR_CRYPTO_LENGTH' })
  })

  test(`${crypto.backend}: results are plain arrays whose slice is a copy`, t => {
    const digest = crypto.sha256.digest(ascii('x'))
    const signer = crypto.ed25519()
    for (const result of [digest, crypto.sha256.hmac(digest, digest), crypto.randomBytes(8), signer.publicKey, signer.sign(digest), crypto.x25519().publicKey, crypto.x25519().agree(crypto.x25519().publicKey)]) {
      t.is(Object.getPrototypeOf(result), Uint8Array.prototype)
    }
  })

  test(`${crypto.backend}: HKDF's lengths`, t => {
    const none = new Uint8Array(0)
    const longest = hkdf(crypto.sha256, none, none, none, 8160)
    t.is(longest.byteLength, 8160)
    fc.assert(fc.property(fc.nat(200), length => {
      t.deepEqual(hkdf(crypto.sha256, none, none, none, length), longest.slice(0, length))
    }), { numRuns: 20 })
    for (const length of [8161, -1, 1.5, NaN]) t.throws(() => hkdfExpand(crypto.sha256, longest, none, length), { code: 'ERR_CRYPTO_LENGTH' })
  })
}
