import { strict as assert } from 'node:assert'
import { fromHex, toHex } from '../../../lib/bytes/index.js'
import { aesCtr, crypto, hkdf, type Aead } from '../../../lib/crypto/index.js'
import { join } from '../../../lib/stream/index.js'
import { refused, sameBytes, section, type Check, type Gap, type Load, type Suite } from '../check.js'

/** A test of Wycheproof; what else it has depends on its file. */
interface Test { readonly tcId: number, readonly comment: string, readonly result: 'valid' | 'acceptable' | 'invalid' }
type Group<T, More = object> = More & { readonly tests: ReadonlyArray<Test & T> }

interface AeadTest { key: string, iv: string, aad: string, msg: string, ct: string, tag: string }
interface AgreementTest { public: string, private: string, shared: string }
interface SignatureTest { msg: string, sig: string }
interface HkdfTest { ikm: string, salt: string, info: string, size: number, okm: string }
interface MacTest { key: string, msg: string, tag: string }

/** Vectors of others for what the crypto backend in use offers. */
export const cryptoSuite: Suite = {
  name: `crypto (${crypto.backend})`,
  * checks (load) {
    yield * wycheproof<AeadTest>(load, 'aes_gcm', aead(key => crypto.aesGcm(key)))
    yield * wycheproof<AeadTest>(load, 'chacha20_poly1305', aead(key => crypto.chachaPoly(key)))
    yield * wycheproof<AgreementTest>(load, 'x25519', agreement)
    yield * wycheproof<SignatureTest, { publicKey: { pk: string } }>(load, 'ed25519', signature)
    yield * wycheproof<HkdfTest>(load, 'hkdf_sha256', keyDerivation)
    yield * wycheproof<MacTest, { tagSize: number }>(load, 'hmac_sha256', mac)
    yield * section<{ ikm: string, salt: string, info: string, L: number, okm: string }>(load, 'third-party/rfc/rfc5869-hkdf-sha256.json', 'tests', rfc5869, { required: false })
    yield * section<{ scalar: string, u: string, out: string }>(load, 'third-party/rfc/rfc7748-x25519.json', 'tests', rfc7748, { required: false })
    yield * counterMode(load)
  }
}

type Run<T, More> = (test: Test & T, group: More) => (() => void | Promise<void>) | undefined

/** One check a test; tests whose parameters are not offered here (`run` gives nothing) are passed over. */
function wycheproof<T, More = object> (load: Load, name: string, run: Run<T, More>): Iterable<Check | Gap> {
  return section<Group<T, More>>(load, `third-party/wycheproof/${name}_test.json`, 'testGroups', function * (group) {
    for (const test of group.tests) {
      const check = run(test, group)
      if (check !== undefined) yield { name: `${name} ${test.tcId} ${test.comment}`, run: check }
    }
  }, { required: false })
}

function aead (make: (key: Uint8Array) => Aead): Run<AeadTest, object> {
  return test => {
    const [key, nonce, aad, message, sealed] = [test.key, test.iv, test.aad, test.msg, test.ct + test.tag].map(fromHex) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array]
    if (key.byteLength !== 32 || nonce.byteLength !== 12) return undefined
    return async () => {
      const cipher = make(key)
      if (test.result === 'invalid') return refused(() => cipher.open(nonce, aad, [sealed]))
      sameBytes(join(cipher.seal(nonce, aad, [message])), toHex(sealed))
      sameBytes(join(cipher.open(nonce, aad, [sealed])), test.msg)
    }
  }
}

function agreement (test: Test & AgreementTest): () => void | Promise<void> {
  const agree = (): Uint8Array => crypto.x25519(fromHex(test.private)).agree(fromHex(test.public))
  // low-order points, which RFC 7748 leaves to the protocol, are refused here
  if (/^0*$/.test(test.shared)) return () => refused(agree)
  return () => { sameBytes(agree(), test.shared) }
}

function signature (test: Test & SignatureTest, group: { publicKey: { pk: string } }): () => void {
  return () => {
    assert.equal(crypto.verifyEd25519(fromHex(group.publicKey.pk), fromHex(test.sig), fromHex(test.msg)), test.result === 'valid')
  }
}

function keyDerivation (test: Test & HkdfTest): () => void | Promise<void> {
  const derive = (): Uint8Array => hkdf(crypto.sha256, fromHex(test.ikm), fromHex(test.salt), fromHex(test.info), test.size)
  if (test.result === 'invalid') return () => refused(derive)
  return () => { sameBytes(derive(), test.okm) }
}

function mac (test: Test & MacTest, group: { tagSize: number }): () => void {
  return () => {
    const tag = crypto.sha256.hmac(fromHex(test.key), fromHex(test.msg)).subarray(0, group.tagSize / 8)
    assert.equal(toHex(tag) === test.tag, test.result === 'valid')
  }
}

function * rfc5869 (entry: { ikm: string, salt: string, info: string, L: number, okm: string }, label: string): Generator<Check> {
  yield { name: `RFC 5869: ${label}`, run: () => {
    sameBytes(hkdf(crypto.sha256, fromHex(entry.ikm), fromHex(entry.salt), fromHex(entry.info), entry.L), entry.okm)
  } }
}

function * rfc7748 (entry: { scalar: string, u: string, out: string }, label: string): Generator<Check> {
  yield { name: `RFC 7748: ${label}`, run: () => { sameBytes(crypto.x25519(fromHex(entry.scalar)).agree(fromHex(entry.u)), entry.out) } }
}

interface CounterMode { name: string, key: string, iv: string, blocks: ReadonlyArray<{ plaintext: string, ciphertext: string }> }

/** SP 800-38A appendix F.5; the file is a list without a name. The keys of 128 and 192 bits are not offered here. */
function * counterMode (load: Load): Generator<Check | Gap> {
  const path = 'third-party/nist/sp800-38a-aes-ctr.json'
  const entries = load<CounterMode[]>(path)
  if (entries === undefined) yield { name: 'aes-ctr', missing: `${path} (no file)`, required: false }
  for (const { name, key, iv, blocks } of entries?.filter(({ key }) => key.length === 64) ?? []) {
    for (const length of [1, 5, 16, 33, 64]) {
      yield { name: `SP 800-38A: ${name} in pieces of ${length}`, run: () => {
        const [from, to] = [blocks.map(block => block.plaintext).join(''), blocks.map(block => block.ciphertext).join('')]
        for (const [input, output] of [[from, to], [to, from]] as const) {
          const [cipher, bytes] = [aesCtr(fromHex(key), fromHex(iv)), fromHex(input)]
          const pieces = Array.from({ length: Math.ceil(bytes.byteLength / length) }, (_, at) => cipher.update(bytes.subarray(at * length, (at + 1) * length)))
          sameBytes(join(pieces), output)
        }
      } }
    }
  }
}
