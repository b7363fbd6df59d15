import test from 'ava'
import { ml_kem768 as mlKem } from '@noble/post-quantum/ml-kem.js'
import { createDecipheriv, createHash, createHmac } from 'node:crypto'
import { NoiseKeypair, noiseProtocol, type NoiseProtocol } from '../../lib/noise/index.js'
import { mlKem768, type Kem, type KemKey } from '../../lib/noise/hybrid.js'
import { alice, bob, codeOf, endOf, endsOf, isDead, play, playOn, PROLOGUE, type Ends } from './support.js'

const NAME = 'Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256'
const PATTERNS = ['NN', 'NK', 'NX', 'KN', 'KK', 'KX', 'XN', 'XK', 'XX', 'IN', 'IK', 'IX']

/** ML-KEM as noble has it, with everything that it gave out to look at. */
function watched (changes: Partial<Kem> = {}): Kem & { secretKeys: Uint8Array[], secrets: Uint8Array[], destroyed: number } {
  const kem = {
    name: 'MLKEM768', publicKeyLength: 1184, ciphertextLength: 1088,
    secretKeys: [] as Uint8Array[],
    secrets: [] as Uint8Array[],
    destroyed: 0,
    generate (): KemKey {
      const { publicKey, secretKey } = mlKem.keygen()
      kem.secretKeys.push(secretKey)
      return {
        publicKey,
        decapsulate: ciphertext => {
          const secret = mlKem.decapsulate(ciphertext, secretKey)
          kem.secrets.push(secret)
          return secret
        },
        destroy: () => { kem.destroyed++ }
      }
    },
    encapsulate (publicKey: Uint8Array) {
      const { cipherText, sharedSecret } = mlKem.encapsulate(publicKey)
      kem.secrets.push(sharedSecret)
      return { ciphertext: cipherText, secret: sharedSecret }
    },
    ...changes
  }
  return kem
}

const protocolWith = (kem: Kem): NoiseProtocol => noiseProtocol(NAME, { kems: [kem] })

/** The keys of a run, worked out from what was on the wire and all private keys, over primitives alone. */
class Walk {
  hash: Buffer
  chainingKey: Buffer
  key: Buffer | undefined
  nonce = 0n

  constructor (name: string, prologue: Uint8Array) {
    this.hash = createHash('sha256').update(name).digest()
    this.chainingKey = this.hash
    this.mixHash(prologue)
  }

  mixHash (data: Uint8Array): void {
    this.hash = createHash('sha256').update(this.hash).update(data).digest()
  }

  derive (secret: Uint8Array): [Buffer, Buffer] {
    const temporary = createHmac('sha256', this.chainingKey).update(secret).digest()
    const first = createHmac('sha256', temporary).update(Uint8Array.of(1)).digest()
    return [first, createHmac('sha256', temporary).update(first).update(Uint8Array.of(2)).digest()]
  }

  mixKey (secret: Uint8Array): void {
    [this.chainingKey, this.key] = this.derive(secret)
    this.nonce = 0n
  }

  /** Opens what was sealed, or takes what is in the clear, and hashes it as it was sent. */
  open (sent: Uint8Array): Buffer {
    let plaintext = Buffer.from(sent)
    if (this.key !== undefined) {
      const nonce = Buffer.alloc(12)
      nonce.writeBigUInt64LE(this.nonce++, 4)
      const decipher = createDecipheriv('chacha20-poly1305', this.key, nonce, { authTagLength: 16 })
      decipher.setAAD(this.hash, { plaintextLength: sent.byteLength - 16 })
      decipher.setAuthTag(sent.subarray(-16))
      plaintext = Buffer.concat([decipher.update(sent.subarray(0, -16)), decipher.final()])
    }
    this.mixHash(sent)
    return plaintext
  }
}

test('XXhfs on the wire is what the HFS draft says, worked out by hand', t => {
  const kem = watched()
  const [ours, theirs] = [new NoiseKeypair(), new NoiseKeypair()]
  const copies = [NoiseKeypair.fromPrivate(ours.exportPrivate()), NoiseKeypair.fromPrivate(theirs.exportPrivate())] as const
  // one side over noble itself, the other over ours
  const both = endsOf(NAME, { protocol: protocolWith(kem), ephemeral: ours }, { ephemeral: theirs })
  const sent: Uint8Array[] = []
  play(both, message => {
    sent.push(message.slice())
    return message
  })
  const [first, second, third] = sent as [Uint8Array, Uint8Array, Uint8Array]
  t.deepEqual(sent.map(message => message.byteLength), [32 + 1184 + 3, 32 + 1088 + 16 + 32 + 16 + 4 + 16, 32 + 16 + 5 + 16])
  const [e, re] = [first.subarray(0, 32), second.subarray(0, 32)]
  const walk = new Walk(NAME, PROLOGUE)
  // -> e, e1: both in the clear, before there is a key
  walk.mixHash(e)
  const e1 = walk.open(first.subarray(32, 32 + 1184))
  t.deepEqual(walk.open(first.subarray(32 + 1184)), Buffer.alloc(3))
  const secretKey = kem.secretKeys[0] as Uint8Array
  t.deepEqual(mlKem.getPublicKey(secretKey), new Uint8Array(e1))
  // <- e, ee, ekem1, s, es
  walk.mixHash(re)
  walk.mixKey(copies[0].agree(re))
  const ciphertext = walk.open(second.subarray(32, 32 + 1104))
  walk.mixKey(mlKem.decapsulate(ciphertext, secretKey))
  t.deepEqual(walk.open(second.subarray(1136, 1136 + 48)), Buffer.from(bob.publicKey))
  walk.mixKey(copies[0].agree(bob.publicKey))
  t.deepEqual(walk.open(second.subarray(1136 + 48)), Buffer.alloc(4))
  // -> s, se
  t.deepEqual(walk.open(third.subarray(0, 48)), Buffer.from(alice.publicKey))
  walk.mixKey(copies[1].agree(alice.publicKey))
  t.deepEqual(walk.open(third.subarray(48)), Buffer.alloc(5))
  const [send, receive] = walk.derive(Buffer.alloc(0))
  t.deepEqual(Buffer.from(both.initiator.result().sendKey), send)
  t.deepEqual(Buffer.from(both.initiator.result().receiveKey), receive)
  t.deepEqual(Buffer.from(both.responder.result().handshakeHash), walk.hash)
})

test('e1 is sealed where there is a key already', t => {
  const lengths = (pattern: string): number[] => {
    const found: number[] = []
    play(endsOf(`Noise_${pattern}_25519+MLKEM768_AESGCM_SHA256`), message => {
      found.push(message.byteLength)
      return message
    })
    return found
  }
  t.deepEqual(lengths('NNhfs'), [32 + 1184 + 3, 32 + 1088 + 16 + 4 + 16])
  t.deepEqual(lengths('NKhfs'), [32 + 1184 + 16 + 3 + 16, 32 + 1088 + 16 + 4 + 16])
  t.deepEqual(lengths('NNhfs+psk0'), [32 + 1184 + 16 + 3 + 16, 32 + 1088 + 16 + 4 + 16])
  t.deepEqual(lengths('IKhfs'), [32 + 1184 + 16 + 48 + 3 + 16, 32 + 1088 + 16 + 4 + 16])
})

for (const pattern of PATTERNS) {
  test(`${pattern}hfs: bytes flipped and cut anywhere fail`, t => {
    const name = `Noise_${pattern}hfs_25519+MLKEM768_AESGCM_SHA256`
    const { messages } = noiseProtocol(name, { kems: [mlKem768] }).pattern
    for (const at of messages.keys()) {
      for (const cut of [false, true]) {
        // every 61st byte of keys and ciphertexts, and both ends
        for (let byte = 0, length = 1; byte < length; byte += byte < 34 || byte > length - 18 ? 3 : 61) {
          const both = endsOf(name)
          const code = codeOf(() => {
            playOn(both, (message, index) => {
              if (index !== at) return message
              length = message.byteLength
              if (cut) return message.slice(0, byte)
              const changed = message.slice()
              changed[byte] = (changed[byte] as number) ^ (byte % 2 === 0 ? 0x01 : 0x80)
              return changed
            })
          })
          const expected = cut ? ['ERR_NOISE_TRUNCATED', 'ERR_NOISE_AUTH'] : ['ERR_NOISE_AUTH', 'ERR_NOISE_LOW_ORDER', 'ERR_NOISE_KEM']
          t.true(expected.includes(code ?? ''), `message ${at} ${cut ? 'cut at' : 'byte'} ${byte}: ${code}`)
        }
      }
    }
  })
}

function failing (t: { is: (a: unknown, b: unknown) => void }, both: Ends): void {
  t.is(codeOf(() => { play(both) }), 'ERR_NOISE_AUTH')
}

test('a well-sealed ciphertext for another key gives no shared keys', t => {
  const kem = watched({ encapsulate: () => {
    const { cipherText, sharedSecret } = mlKem.encapsulate(mlKem.keygen().publicKey)
    return { ciphertext: cipherText, secret: sharedSecret }
  } })
  const both = endsOf(NAME, {}, { protocol: protocolWith(kem) })
  failing(t, both)
  isDead(t, both.initiator)
  const lying = watched({ encapsulate: key => ({ ciphertext: mlKem.encapsulate(key).cipherText, secret: new Uint8Array(32) }) })
  failing(t, endsOf(NAME, {}, { protocol: protocolWith(lying) }))
})

test('a key that is none is refused by whoever should encapsulate to it', t => {
  // each coefficient is 4,095, above the modulus
  const generate = (): KemKey => ({ publicKey: new Uint8Array(1184).fill(0xff), decapsulate: () => new Uint8Array(32), destroy: () => {} })
  const both = endsOf(NAME, { protocol: protocolWith(watched({ generate })) })
  void both.responder.read(both.initiator.write())
  t.is(codeOf(() => both.responder.write()), 'ERR_NOISE_KEM')
  isDead(t, both.responder)
})

test('lengths are checked, and a destroyed key is of no use', t => {
  for (const length of [0, 1, 1183, 1185]) t.is(codeOf(() => mlKem768.encapsulate(new Uint8Array(length))), 'ERR_NOISE_KEM')
  const key = mlKem768.generate()
  for (const length of [0, 1, 1087, 1089]) t.is(codeOf(() => key.decapsulate(new Uint8Array(length))), 'ERR_NOISE_KEM')
  t.is(key.publicKey.byteLength, mlKem768.publicKeyLength)
  const { ciphertext, secret } = mlKem768.encapsulate(key.publicKey)
  t.is(ciphertext.byteLength, mlKem768.ciphertextLength)
  t.deepEqual(key.decapsulate(ciphertext), secret)
  t.is(secret.byteLength, 32)
  const changed = ciphertext.slice()
  changed[0] = (changed[0] as number) ^ 1
  t.notDeepEqual(key.decapsulate(changed), secret)
  key.destroy()
  t.is(codeOf(() => key.decapsulate(ciphertext)), 'ERR_NOISE_DESTROYED')
})

test('secrets are wiped and keys destroyed, at the end and after a failure', t => {
  for (const fails of [false, true]) {
    const kems = [watched(), watched()] as const
    const both = endsOf(NAME, { protocol: protocolWith(kems[0]) }, { protocol: protocolWith(kems[1]) })
    const code = codeOf(() => {
      play(both, (message, index) => {
        if (!fails || index !== 1) return message
        const changed = message.slice()
        changed[1150] = (changed[1150] as number) ^ 1
        return changed
      })
    })
    t.is(code, fails ? 'ERR_NOISE_AUTH' : undefined)
    for (const { secrets } of kems) {
      t.is(secrets.length, 1)
      t.deepEqual(secrets[0], new Uint8Array(32))
    }
    t.is(kems[0].destroyed, 1)
  }
  const given = watched()
  const early = endOf(NAME, 'initiator', { protocol: protocolWith(given) })
  early.write()
  early.destroy()
  t.is(given.destroyed, 1)
})

test('hybrid and plain do not meet', t => {
  const plain = 'Noise_XX_25519_ChaChaPoly_SHA256'
  t.is(codeOf(() => { playOn({ initiator: endOf(NAME, 'initiator'), responder: endOf(plain, 'responder') }) }), 'ERR_NOISE_TRUNCATED')
  t.is(codeOf(() => { playOn({ initiator: endOf(plain, 'initiator'), responder: endOf(NAME, 'responder') }) }), 'ERR_NOISE_TRUNCATED')
})
