import test from 'ava'
import { crypto } from '../../lib/crypto/index.js'
import { mlKem768 } from '../../lib/noise/hybrid.js'
import { CipherState, noiseProtocol, NoiseKeypair, PATTERNS } from '../../lib/noise/index.js'
import { join } from '../../lib/stream/index.js'
import { bob, codeOf, endOf, endsOf, isDead, play, playOn, PROLOGUE } from './support.js'

/*
 * Cases 16, 35, 36 and 41 of the list of abuse, over every pattern and some of its modifiers; handshake.test.ts goes
 * through every byte for three of them.
 */

const EMPTY = new Uint8Array(0)
const NAMES = [...Object.keys(PATTERNS), 'NNpsk0', 'XXpsk3', 'XXpsk0+psk1+psk2+psk3', 'IKpsk2', 'Xpsk1', 'XXhfs', 'IKhfs', 'KKhfs', 'NNhfs+psk2']
const nameOf = (pattern: string, cipher = 'AESGCM'): string => `Noise_${pattern}_25519${pattern.includes('hfs') ? '+MLKEM768' : ''}_${cipher}_SHA256`

/** The points whose agreement is all zero with any key, with their non-canonical spellings (RFC 7748 section 6.1, Wycheproof). */
const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000080'
].map(hex => new Uint8Array(Buffer.from(hex, 'hex')))

for (const pattern of NAMES) {
  const name = nameOf(pattern)
  const { messages } = noiseProtocol(name, { kems: [mlKem768] }).pattern

  test(`${pattern}: another prologue, cipher, or pattern fails`, t => {
    t.is(codeOf(() => { playOn(endsOf(name, { prologue: EMPTY })) }), 'ERR_NOISE_AUTH')
    t.is(codeOf(() => { playOn({ initiator: endOf(name, 'initiator'), responder: endOf(nameOf(pattern, 'ChaChaPoly'), 'responder') }) }), 'ERR_NOISE_AUTH')
    for (const other of ['NN', 'XX', 'IK', 'XXpsk3', 'XXhfs'].filter(other => other !== pattern)) {
      const both = { initiator: endOf(name, 'initiator'), responder: endOf(nameOf(other), 'responder') }
      // what does not fail at once ends out of step
      const code = codeOf(() => { playOn(both) })
      t.true(['ERR_NOISE_AUTH', 'ERR_NOISE_TRUNCATED', 'ERR_NOISE_TURN', 'ERR_NOISE_DESTROYED', 'ERR_NOISE_KEM', 'ERR_NOISE_LOW_ORDER'].includes(code ?? ''), `${other}: ${code}`)
    }
  })

  test(`${pattern}: out of turn ends it, before and after`, t => {
    const both = endsOf(name)
    t.is(codeOf(() => both.responder.write()), 'ERR_NOISE_TURN')
    t.is(codeOf(() => both.initiator.read(new Uint8Array(48))), 'ERR_NOISE_TURN')
    isDead(t, both.initiator)
    isDead(t, both.responder)
    const done = endsOf(name)
    play(done)
    t.is(codeOf(() => done.responder.read(new Uint8Array(48))), 'ERR_NOISE_TURN')
    isDead(t, done.responder)
  })

  test(`${pattern}: a message above 65,535 bytes is refused both ways`, t => {
    const writer = endOf(name, 'initiator', { payload: () => new Uint8Array(65_535) })
    t.is(codeOf(() => writer.write()), 'ERR_NOISE_PAYLOAD_SIZE')
    isDead(t, writer)
    const reader = endOf(name, 'responder')
    t.is(codeOf(() => reader.read(new Uint8Array(65_536))), 'ERR_NOISE_MESSAGE_SIZE')
    isDead(t, reader)
  })

  test(`${pattern}: an empty message is too short, and an empty payload is none`, t => {
    const reader = endOf(name, 'responder')
    t.is(codeOf(() => reader.read(EMPTY)), 'ERR_NOISE_TRUNCATED')
    isDead(t, reader)
    t.is(codeOf(() => { playOn(endsOf(name, { payload: () => EMPTY }, { payload: () => EMPTY })) }), undefined)
  })

  test(`${pattern}: own messages sent back fail`, t => {
    // the first comes back to its sender; the last, to its sender, who is done
    const both = endsOf(name)
    const first = both.initiator.write()
    const failed = codeOf(() => {
      void both.initiator.read(first)
      both.initiator.write()
      both.initiator.result()
    })
    t.true(['ERR_NOISE_AUTH', 'ERR_NOISE_TRUNCATED', 'ERR_NOISE_TURN', 'ERR_NOISE_KEM'].includes(failed ?? ''), failed)
    isDead(t, both.initiator)
  })

  test(`${pattern}: own transport messages sent back fail`, t => {
    const both = endsOf(name)
    play(both)
    const { send, receive } = both.initiator.result()
    const sealed = send.seal(EMPTY, [PROLOGUE])
    t.is(codeOf(() => receive.open(EMPTY, sealed)), messages.length === 1 ? 'ERR_NOISE_DESTROYED' : 'ERR_NOISE_AUTH')
  })

  test(`${pattern}: an ephemeral key of low order is refused`, t => {
    for (const point of LOW_ORDER) {
      for (const at of [0, 1]) {
        // a first message whose key nobody has used yet is not opened at all: its reader finds out when it answers
        if (messages[at] === undefined) continue
        const both = endsOf(name)
        const code = codeOf(() => {
          play(both, (message, index) => {
            if (index !== at) return message
            const changed = message.slice()
            changed.set(point)
            return changed
          })
        })
        // where the key is mixed in before the agreement, the agreement still comes first, but for a payload under psk0
        t.true(code === 'ERR_NOISE_LOW_ORDER' || code === 'ERR_NOISE_AUTH' && pattern.includes('psk'), `message ${at}: ${code}`)
      }
    }
  })

  if (messages.some((tokens, index) => index % 2 === 1 && tokens.includes('s'))) {
    test(`${pattern}: a substituted static is refused before anything of it is released`, t => {
      const both = endsOf(name, {
        received: (_, { remoteStatic }) => {
          if (!crypto.equal(remoteStatic as Uint8Array, bob.publicKey)) throw new Error('not the key that is pinned')
        }
      }, { staticKey: new NoiseKeypair() })
      t.is(codeOf(() => { play(both) }), 'Error: not the key that is pinned')
      isDead(t, both.initiator)
    })
  } else if (pattern[1] === 'K' || messages.length === 1) {
    test(`${pattern}: a substituted static fails`, t => {
      t.is(codeOf(() => { playOn(endsOf(name, {}, { staticKey: new NoiseKeypair() })) }), 'ERR_NOISE_AUTH')
    })
  }
}

test('a payload that is no bytes ends the handshake, a promise of them too', t => {
  for (const payload of [Promise.resolve(PROLOGUE), 'text', new Uint16Array(2), 5]) {
    const { initiator } = endsOf('Noise_NN_25519_ChaChaPoly_SHA256', { payload: () => payload as never })
    t.is(codeOf(() => initiator.write()), 'ERR_NOISE_OPTIONS')
    isDead(t, initiator)
  }
})

test('a pinned key of low order is refused', t => {
  for (const point of LOW_ORDER) {
    const initiator = endOf(nameOf('IK'), 'initiator', { remoteStatic: point })
    t.is(codeOf(() => initiator.write()), 'ERR_NOISE_LOW_ORDER')
    isDead(t, initiator)
  }
})

for (const cipher of ['AESGCM', 'ChaChaPoly']) {
  const { cipher: noiseCipher } = noiseProtocol(nameOf('XX', cipher))

  test(`${cipher}: nonces end before 2^64 - 1, and a new key does not bring them back`, t => {
    const key = crypto.randomBytes(32)
    for (const [nonce, code] of [[2n ** 64n - 2n, undefined], [2n ** 64n - 1n, 'ERR_NOISE_NONCES'], [2n ** 64n, 'ERR_NOISE_NONCES'], [-1n, 'ERR_NOISE_NONCES']] as const) {
      const [send, receive] = [new CipherState(noiseCipher, key), new CipherState(noiseCipher, key)]
      send.setNonce(nonce)
      receive.setNonce(nonce)
      t.is(codeOf(() => send.seal(EMPTY, [PROLOGUE])), code)
      t.is(codeOf(() => receive.open(EMPTY, [new Uint8Array(20)])), code ?? 'ERR_NOISE_AUTH')
    }
    const spent = new CipherState(noiseCipher, key)
    spent.setNonce(2n ** 64n - 2n)
    spent.seal(EMPTY, [])
    spent.rekey()
    t.is(spent.nonce, 2n ** 64n - 1n)
    t.is(codeOf(() => spent.seal(EMPTY, [])), 'ERR_NOISE_NONCES')
    t.is(codeOf(() => { spent.rekey() }), 'ERR_NOISE_DESTROYED')
  })

  test(`${cipher}: the new key is that of section 4.2`, t => {
    const key = crypto.randomBytes(32)
    const nonce = new Uint8Array(12).fill(0xff, 4)
    const aead = cipher === 'AESGCM' ? crypto.aesGcm : crypto.chachaPoly
    const next = join(aead(key).seal(nonce, EMPTY, [new Uint8Array(32)])).slice(0, 32)
    const state = new CipherState(noiseCipher, key)
    state.seal(EMPTY, [PROLOGUE])
    state.rekey()
    const second = new Uint8Array(12)
    second[cipher === 'AESGCM' ? 11 : 4] = 1
    t.deepEqual(join(state.seal(PROLOGUE, [PROLOGUE])), join(aead(next).seal(second, PROLOGUE, [PROLOGUE])))
  })
}
