import test from 'ava'
import { crypto } from '../../lib/crypto/index.js'
import { CipherState, noiseProtocol } from '../../lib/noise/index.js'
import { join } from '../../lib/stream/index.js'

const EMPTY = new Uint8Array(0)
const LAST = 2n ** 64n - 2n

for (const name of ['AESGCM', 'ChaChaPoly']) {
  const { cipher } = noiseProtocol(`Noise_XX_25519_${name}_SHA256`)
  const pair = (): [CipherState, CipherState] => {
    const key = crypto.randomBytes(32)
    return [new CipherState(cipher, key), new CipherState(cipher, key)]
  }

  test(`${name}: messages open in their order and no other`, t => {
    const [send, receive] = pair()
    const [first, second] = [send.seal(EMPTY, [Uint8Array.of(1)]), send.seal(EMPTY, [Uint8Array.of(2)])]
    t.deepEqual(join(receive.open(EMPTY, first)), Uint8Array.of(1))
    t.deepEqual(join(receive.open(EMPTY, second)), Uint8Array.of(2))
    t.is(receive.nonce, 2n)
    t.throws(() => receive.open(EMPTY, second), { code: 'ERR_NOISE_AUTH' })
    t.throws(() => receive.open(EMPTY, send.seal(EMPTY, [])), { code: 'ERR_NOISE_DESTROYED' })
  })

  test(`${name}: the last nonce is never used for a message`, t => {
    const [send, receive] = pair()
    send.setNonce(LAST)
    receive.setNonce(LAST)
    const sealed = send.seal(EMPTY, [Uint8Array.of(1)])
    t.deepEqual(join(receive.open(EMPTY, sealed)), Uint8Array.of(1))
    t.throws(() => send.seal(EMPTY, []), { code: 'ERR_NOISE_NONCES' })
    t.throws(() => receive.open(EMPTY, sealed), { code: 'ERR_NOISE_NONCES' })
    t.throws(() => send.seal(EMPTY, []), { code: 'ERR_NOISE_DESTROYED' })
  })

  test(`${name}: a new key follows on both sides, and the nonce goes on`, t => {
    const [send, receive] = pair()
    receive.open(EMPTY, send.seal(EMPTY, []))
    send.rekey()
    t.is(send.nonce, 1n)
    const sealed = send.seal(EMPTY, [Uint8Array.of(7)])
    receive.rekey()
    t.deepEqual(join(receive.open(EMPTY, sealed)), Uint8Array.of(7))
    const [one, other] = pair()
    one.rekey()
    t.throws(() => other.open(EMPTY, one.seal(EMPTY, [])), { code: 'ERR_NOISE_AUTH' })
  })

  test(`${name}: sizes are checked`, t => {
    t.is(join(pair()[0].seal(EMPTY, [new Uint8Array(65_519)])).byteLength, 65_535)
    t.throws(() => pair()[0].seal(EMPTY, [new Uint8Array(65_519), new Uint8Array(1)]), { code: 'ERR_NOISE_PAYLOAD_SIZE' })
    t.throws(() => pair()[0].open(EMPTY, [new Uint8Array(65_536)]), { code: 'ERR_NOISE_MESSAGE_SIZE' })
    t.throws(() => pair()[0].open(EMPTY, [new Uint8Array(15)]), { code: 'ERR_NOISE_TRUNCATED' })
  })
}
