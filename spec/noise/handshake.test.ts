import test from 'ava'
import { crypto } from '../../lib/crypto/index.js'
import { NoiseHandshake, NoiseKeypair, noiseProtocol, PATTERNS, type PatternName, type Role } from '../../lib/noise/index.js'
import { alice, bob, codeOf, endOf, endsOf, isDead, play, PROLOGUE, type Ends, type Options } from './support.js'

const NAMES: readonly PatternName[] = ['XX', 'IK', 'X']

function ends (pattern: PatternName, cipher = 'AESGCM', initiator: Options = {}, responder: Options = {}): Ends {
  return endsOf(`Noise_${pattern}_25519_${cipher}_SHA256`, initiator, responder)
}

function end (pattern: PatternName, cipher: string, role: Role, options: Options = {}): NoiseHandshake {
  return endOf(`Noise_${pattern}_25519_${cipher}_SHA256`, role, options)
}

for (const pattern of NAMES) {
  for (const cipher of ['AESGCM', 'ChaChaPoly']) {
    test(`${pattern} ${cipher}: both ends agree`, t => {
      const both = ends(pattern, cipher)
      play(both)
      const [a, b] = [both.initiator.result(), both.responder.result()]
      t.deepEqual(a.sendKey, b.receiveKey)
      t.deepEqual(a.handshakeHash, b.handshakeHash)
      t.deepEqual(a.remoteStatic, bob.publicKey)
      t.deepEqual(b.remoteStatic, alice.publicKey)
      t.notDeepEqual(a.sendKey, a.receiveKey)
      t.is(a.role, 'initiator')
      const sealed = a.send.seal(PROLOGUE, [Uint8Array.of(1, 2), Uint8Array.of(3)])
      t.deepEqual(Buffer.concat(b.receive.open(PROLOGUE, sealed)), Buffer.of(1, 2, 3))
    })

    test(`${pattern} ${cipher}: every byte of every message flipped fails`, t => {
      const messages = noiseProtocol(`Noise_${pattern}_25519_${cipher}_SHA256`).pattern.messages.length
      for (let at = 0; at < messages; at++) {
        let length = 1
        for (let byte = 0; byte < length; byte++) {
          const both = ends(pattern, cipher)
          let failed = codeOf(() => {
            play(both, (message, index) => {
              if (index !== at) return message
              length = message.byteLength
              const changed = message.slice()
              changed[byte] = (changed[byte] as number) ^ (byte % 2 === 0 ? 0x01 : 0x80)
              return changed
            })
          })
          // nothing of a one-way or last message may get as far as transport
          failed ??= codeOf(() => both.responder.result().receive.open(PROLOGUE, both.initiator.result().send.seal(PROLOGUE, [PROLOGUE])))
          t.true(failed === 'ERR_NOISE_AUTH' || failed === 'ERR_NOISE_LOW_ORDER', `message ${at} byte ${byte}: ${failed}`)
        }
        t.true(length > 32)
      }
    })

    test(`${pattern} ${cipher}: every cut of every message fails`, t => {
      const messages = noiseProtocol(`Noise_${pattern}_25519_${cipher}_SHA256`).pattern.messages.length
      for (let at = 0; at < messages; at++) {
        for (let cut = 0, length = 1; cut < length; cut++) {
          const both = ends(pattern, cipher)
          const failed = codeOf(() => {
            play(both, (message, index) => {
              if (index !== at) return message
              length = message.byteLength
              return message.slice(0, cut)
            })
          })
          t.true(failed === 'ERR_NOISE_AUTH' || failed === 'ERR_NOISE_TRUNCATED', `message ${at} cut at ${cut}: ${failed}`)
        }
      }
    })
  }

  test(`${pattern}: another prologue fails`, t => {
    const both = ends(pattern, 'AESGCM', {}, { prologue: new Uint8Array(1) })
    t.is(codeOf(() => { play(both) }), 'ERR_NOISE_AUTH')
    isDead(t, pattern === 'XX' ? both.initiator : both.responder)
  })

  test(`${pattern}: another suite fails`, t => {
    const both = { initiator: end(pattern, 'AESGCM', 'initiator'), responder: end(pattern, 'ChaChaPoly', 'responder') }
    t.is(codeOf(() => { play(both) }), 'ERR_NOISE_AUTH')
  })

  test(`${pattern}: keys of low order are refused`, t => {
    for (const point of [new Uint8Array(32), Uint8Array.from({ length: 32 }, (_, at) => at === 0 ? 1 : 0)]) {
      for (const at of pattern === 'X' ? [0] : [0, 1]) {
        const both = ends(pattern)
        const failed = codeOf(() => {
          play(both, (message, index) => {
            if (index !== at) return message
            const changed = message.slice()
            changed.set(point)
            return changed
          })
        })
        t.is(failed, 'ERR_NOISE_LOW_ORDER')
        isDead(t, at === 0 ? both.responder : both.initiator)
      }
    }
  })

  test(`${pattern}: a larger message than 65,535 bytes is refused both ways`, t => {
    const writer = end(pattern, 'AESGCM', 'initiator', { payload: () => new Uint8Array(65_535) })
    t.is(codeOf(() => writer.write()), 'ERR_NOISE_PAYLOAD_SIZE')
    isDead(t, writer)
    const reader = end(pattern, 'AESGCM', 'responder')
    t.is(codeOf(() => reader.read(new Uint8Array(65_536))), 'ERR_NOISE_MESSAGE_SIZE')
    isDead(t, reader)
  })

  test(`${pattern}: out of turn ends it`, t => {
    const both = ends(pattern)
    t.is(both.initiator.turn, 'write')
    t.is(both.responder.turn, 'read')
    t.is(codeOf(() => both.initiator.result()), 'ERR_NOISE_TURN')
    t.is(codeOf(() => both.responder.write()), 'ERR_NOISE_TURN')
    t.is(codeOf(() => both.initiator.read(new Uint8Array(48))), 'ERR_NOISE_TURN')
    isDead(t, both.responder)
    isDead(t, both.initiator)
    const done = ends(pattern)
    play(done)
    const { sendKey, send } = done.initiator.result()
    t.is(codeOf(() => done.initiator.write()), 'ERR_NOISE_TURN')
    isDead(t, done.initiator)
    t.deepEqual(sendKey, new Uint8Array(32))
    t.is(codeOf(() => send.seal(PROLOGUE, [])), 'ERR_NOISE_DESTROYED')
  })
}

test('every pattern of the table agrees', t => {
  for (const pattern of Object.keys(PATTERNS) as PatternName[]) {
    const knowsAlice = 'initiatorKnown' in PATTERNS[pattern]
    const both = ends(pattern, 'ChaChaPoly', {}, knowsAlice ? { remoteStatic: alice.publicKey } : {})
    play(both)
    t.deepEqual(both.initiator.result().sendKey, both.responder.result().receiveKey, pattern)
    t.is(both.responder.result().remoteStatic === undefined, pattern.startsWith('N'), pattern)
    t.is(both.initiator.result().remoteStatic === undefined, pattern.endsWith('N') && pattern !== 'N', pattern)
  }
})

test('a message is fitted to the last byte', t => {
  const both = ends('XX', 'AESGCM', { payload: ({ message }) => new Uint8Array(message === 0 ? 65_535 - 32 : 0) })
  const first = both.initiator.write()
  t.is(first.byteLength, 65_535)
  t.is(codeOf(() => both.responder.read(first)), undefined)
})

test('own messages sent back are refused', t => {
  for (const pattern of ['XX', 'IK'] as const) {
    const both = ends(pattern)
    const first = both.initiator.write()
    t.true(['ERR_NOISE_AUTH', 'ERR_NOISE_TRUNCATED'].includes(codeOf(() => both.initiator.read(first)) ?? ''), pattern)
    isDead(t, both.initiator)
  }
  const both = ends('XX')
  void both.responder.read(both.initiator.write())
  const second = both.responder.write()
  t.is(codeOf(() => both.responder.read(second)), 'ERR_NOISE_AUTH')
})

test('the messages of another run are refused', t => {
  const [one, other] = [ends('XX'), ends('XX')]
  void one.responder.read(one.initiator.write())
  void other.responder.read(other.initiator.write())
  const second = other.responder.write()
  t.is(codeOf(() => one.initiator.read(second)), 'ERR_NOISE_AUTH')
})

test('a pinned static that is not the responder\'s fails', t => {
  const both = ends('IK', 'AESGCM', { remoteStatic: new NoiseKeypair().publicKey })
  t.is(codeOf(() => { play(both) }), 'ERR_NOISE_AUTH')
})

test('a substituted static is seen before anything is released', t => {
  const eve = new NoiseKeypair()
  const refusal = new Error('not the key I know')
  const both = ends('XX', 'AESGCM', {
    received: (_, { remoteStatic }) => {
      if (!crypto.equal(remoteStatic as Uint8Array, bob.publicKey)) throw refusal
    }
  }, { staticKey: eve })
  t.is(t.throws(() => { play(both) }), refusal)
  isDead(t, both.initiator)
})

test('a decision that waits holds the handshake back, and its refusal ends it', async t => {
  for (const accepts of [true, false]) {
    let decide = (): void => {}
    const both = ends('XX', 'AESGCM', {
      received: () => new Promise<void>((resolve, reject) => { decide = accepts ? resolve : () => { reject(new Error('no')) } })
    })
    void both.responder.read(both.initiator.write())
    const reading = both.initiator.read(both.responder.write()) as Promise<void>
    t.is(both.initiator.turn, 'read')
    t.is(codeOf(() => both.initiator.result()), 'ERR_NOISE_TURN')
    decide()
    if (accepts) {
      await reading
      t.is(both.initiator.turn, 'write')
    } else {
      await t.throwsAsync(reading, { message: 'no' })
      isDead(t, both.initiator)
    }
  }
})

test('a call while the decision waits ends the handshake', async t => {
  let decide = (): void => {}
  const both = ends('XX', 'AESGCM', { received: () => new Promise<void>(resolve => { decide = resolve }) })
  void both.responder.read(both.initiator.write())
  const reading = both.initiator.read(both.responder.write()) as Promise<void>
  t.is(codeOf(() => both.initiator.write()), 'ERR_NOISE_TURN')
  decide()
  await t.throwsAsync(reading, { code: 'ERR_NOISE_DESTROYED' })
})

test('a payload callback is given the static key as far as it is known', t => {
  const seen: string[] = []
  const note = (who: string): Options => ({
    payload: ({ message, remoteStatic }) => {
      seen.push(`${who} writes ${message} ${remoteStatic === undefined ? 'to anyone' : 'to a key'}`)
      return PROLOGUE
    },
    received: (payload, { message, remoteStatic }) => {
      t.deepEqual(payload, PROLOGUE)
      seen.push(`${who} reads ${message} ${remoteStatic === undefined ? 'of anyone' : 'of a key'}`)
    }
  })
  play(ends('XX', 'ChaChaPoly', note('a'), note('b')))
  t.deepEqual(seen, ['a writes 0 to anyone', 'b reads 0 of anyone', 'b writes 1 to anyone', 'a reads 1 of a key', 'a writes 2 to a key', 'b reads 2 of a key'])
})

test('a one-way pattern gives one direction', t => {
  const both = ends('X')
  play(both)
  t.is(codeOf(() => both.initiator.result().receive.open(PROLOGUE, [new Uint8Array(16)])), 'ERR_NOISE_DESTROYED')
  t.is(codeOf(() => both.responder.result().send.seal(PROLOGUE, [])), 'ERR_NOISE_DESTROYED')
  t.deepEqual(both.responder.result().sendKey, new Uint8Array(32))
})

test('keys that a pattern lacks or does not take are refused', t => {
  const options: Options[] = [{ staticKey: undefined }, { remoteStatic: bob.publicKey }]
  for (const option of options) t.is(codeOf(() => end('XX', 'AESGCM', 'initiator', option)), 'ERR_NOISE_OPTIONS')
  t.is(codeOf(() => new NoiseHandshake({ protocol: noiseProtocol('Noise_NN_25519_AESGCM_SHA256'), role: 'client' as Role })), 'ERR_NOISE_OPTIONS')
  t.is(codeOf(() => end('IK', 'AESGCM', 'initiator', { remoteStatic: undefined })), 'ERR_NOISE_OPTIONS')
  t.is(codeOf(() => end('IK', 'AESGCM', 'initiator', { remoteStatic: new Uint8Array(31) })), 'ERR_NOISE_OPTIONS')
  t.is(codeOf(() => end('IK', 'AESGCM', 'responder', { staticKey: undefined })), 'ERR_NOISE_OPTIONS')
  t.is(codeOf(() => end('KK', 'AESGCM', 'responder', { remoteStatic: undefined })), 'ERR_NOISE_OPTIONS')
})

test('names that stand for no protocol here are refused', t => {
  for (const name of ['', 'Noise_XX_448_AESGCM_SHA256', 'Noise_XX_25519_AESGCM_SHA384', 'Noise_ZZ_25519_AESGCM_SHA256', 'Noise_toString_25519_AESGCM_SHA256', 'Noise_XX_25519_DES_SHA256', 'Noise_XXpsk4_25519_AESGCM_SHA256', 'Noise_XXhfs_25519_AESGCM_SHA256', 'Noise_XX_25519+MLKEM768_AESGCM_SHA256', 'Noise_XXhfs_25519+MLKEM768_AESGCM_SHA256', 'Noise_XX_25519_AESGCM_SHA256_more']) {
    t.is(codeOf(() => noiseProtocol(name)), 'ERR_NOISE_PROTOCOL', name)
  }
})

test('a static key outlives the handshakes that use it', t => {
  const both = ends('XX')
  both.initiator.destroy()
  isDead(t, both.initiator)
  t.is(alice.agree(bob.publicKey).byteLength, 32)
  const gone = NoiseKeypair.fromPrivate(alice.exportPrivate())
  t.deepEqual(gone.publicKey, alice.publicKey)
  gone.destroy()
  t.is(codeOf(() => gone.agree(bob.publicKey)), 'ERR_CRYPTO_DESTROYED')
})

test('a message is neither kept nor written to', t => {
  const both = ends('XX')
  play(both, message => {
    const lent = message.slice()
    queueMicrotask(() => lent.fill(0))
    return lent
  })
  const overwritten = ends('XX')
  let last: Uint8Array | undefined
  play(overwritten, message => {
    last?.fill(0)
    last = message
    return message
  })
  t.deepEqual(overwritten.initiator.result().remoteStatic, bob.publicKey)
  t.deepEqual(overwritten.responder.result().remoteStatic, alice.publicKey)
})
