import test from 'ava'
import { fromHex, toHex } from '../../lib/bytes/index.js'
import { crypto } from '../../lib/crypto/index.js'
import { SeedHandshake, type SeedHandshakeOptions } from '../../lib/nova/handshake-seed.js'
import { vectorTest } from '../support/vectors.js'

interface Vector {
  privateA: string
  publicA: string
  privateB: string
  publicB: string
  saltSortedPublicKeys: string
  infoUtf8: string
  key: string
}
type Options = Partial<SeedHandshakeOptions>

function agreed (a: Options = {}, b: Options = {}): [SeedHandshake, SeedHandshake] {
  const initiator = new SeedHandshake({ role: 'initiator', ...a })
  const responder = new SeedHandshake({ role: 'responder', ...b })
  responder.read(initiator.write())
  initiator.read(responder.write())
  return [initiator, responder]
}

vectorTest('the vector of the handshake', 'nova.json', (t, { handshake }: { handshake: Vector }) => {
  const options = [handshake.privateA, handshake.privateB].map(hex => ({ key: crypto.x25519(fromHex(hex)) }))
  const [a, b] = agreed(options[0], options[1])
  t.is(toHex(a.result().publicKey), handshake.publicA)
  t.is(toHex(a.result().remotePublicKey), handshake.publicB)
  t.is(toHex(a.result().key), handshake.key)
  t.is(toHex(b.result().key), handshake.key)
  const spelled = agreed(
    { key: crypto.x25519(fromHex(handshake.privateB)), salt: () => fromHex(handshake.saltSortedPublicKeys), info: new TextEncoder().encode(handshake.infoUtf8) },
    { key: crypto.x25519(fromHex(handshake.privateA)) }
  )
  t.is(toHex(spelled[0].result().key), handshake.key)
})

test('both ends agree, in either order and both at once', t => {
  const [a, b] = agreed()
  t.deepEqual([a.turn, b.turn], ['done', 'done'])
  t.deepEqual(a.result().key, b.result().key)
  t.is(a.result(), a.result())
  const [c, d] = [new SeedHandshake({ role: 'initiator' }), new SeedHandshake({ role: 'initiator' })]
  const [fromC, fromD] = [c.write(), d.write()]
  c.read(fromD)
  d.read(fromC)
  t.deepEqual(c.result().key, d.result().key)
})

test('info and salt are part of the key', t => {
  const [a, b] = [crypto.randomBytes(32), crypto.randomBytes(32)]
  const keys = [{}, { info: 'peer' }, { info: Uint8Array.of(1) }, { salt: () => Uint8Array.of(1) }].map(option => {
    const both = agreed({ key: crypto.x25519(a), ...option as Options }, { key: crypto.x25519(b), ...option as Options })
    t.deepEqual(both[0].result().key, both[1].result().key)
    return toHex(both[0].result().key)
  })
  t.is(new Set(keys).size, keys.length)
})

test('options that are none are refused at once', t => {
  for (const option of [{}, { role: 'client' }, { role: 'initiator', info: 'constructor' }, { role: 'initiator', salt: new Uint8Array(64) }]) {
    t.throws(() => new SeedHandshake(option as never), { code: 'ERR_HANDSHAKE_OPTION' })
  }
})

test('a hello of another length, of low order or our own is refused, and nothing is left', t => {
  const one = Uint8Array.from({ length: 32 }, (_, at) => at === 0 ? 1 : 0)
  for (const [hello, code] of [
    [new Uint8Array(0), 'ERR_HANDSHAKE_MESSAGE'], [new Uint8Array(31), 'ERR_HANDSHAKE_MESSAGE'], [new Uint8Array(33), 'ERR_HANDSHAKE_MESSAGE'],
    [new Uint8Array(32), 'ERR_HANDSHAKE_LOW_ORDER'], [one, 'ERR_HANDSHAKE_LOW_ORDER']
  ] as const) {
    const handshake = new SeedHandshake({ role: 'responder' })
    t.throws(() => { handshake.read(hello) }, { code })
    t.throws(() => handshake.write(), { code: 'ERR_HANDSHAKE_DESTROYED' })
    t.throws(() => handshake.result(), { code: 'ERR_HANDSHAKE_DESTROYED' })
  }
  for (const topBit of [0, 0x80]) {
    const handshake = new SeedHandshake({ role: 'initiator' })
    const own = handshake.write()
    own[31] = (own[31] as number) ^ topBit
    t.throws(() => { handshake.read(own) }, { code: 'ERR_HANDSHAKE_REFLECTED' })
  }
})

test('out of turn ends it', t => {
  const early = new SeedHandshake({ role: 'initiator' })
  t.throws(() => { early.read(new Uint8Array(32)) }, { code: 'ERR_HANDSHAKE_TURN' })
  t.throws(() => early.write(), { code: 'ERR_HANDSHAKE_DESTROYED' })
  t.throws(() => new SeedHandshake({ role: 'responder' }).write(), { code: 'ERR_HANDSHAKE_TURN' })
  t.throws(() => new SeedHandshake({ role: 'responder' }).result(), { code: 'ERR_HANDSHAKE_TURN' })
  const [a] = agreed()
  const { key } = a.result()
  t.throws(() => a.write(), { code: 'ERR_HANDSHAKE_TURN' })
  t.deepEqual(key, new Uint8Array(32))
})

test('the hello is neither kept nor written to', t => {
  const [a, b] = [new SeedHandshake({ role: 'initiator' }), new SeedHandshake({ role: 'responder' })]
  const hello = a.write()
  b.read(hello)
  hello.fill(0)
  a.read(b.write())
  t.deepEqual(a.result().key, b.result().key)
  t.deepEqual(b.result().remotePublicKey, a.result().publicKey)
})
