import test, { type ExecutionContext } from 'ava'
import { randomUuid } from '../../lib/bytes/index.js'
import { crypto } from '../../lib/crypto/index.js'
import { NoiseHandshake, NoiseKeypair, noiseProtocol, type NoiseHandshakeOptions } from '../../lib/noise/index.js'
import { HardenedHandshake, type HardenedHandshakeOptions, type HopAgreement } from '../../lib/nova/handshake-hardened.js'
import { createIdentity, type Identity, type Peer } from '../../lib/nova/identity.js'
import { HushwireError, join } from '../../lib/stream/index.js'

type Options = Partial<HardenedHandshakeOptions>
interface Ends { initiator: HardenedHandshake, responder: HardenedHandshake }

const alice = createIdentity()
const bob = createIdentity()
const eve = createIdentity()
const HOP = new TextEncoder().encode('hushwire/hop/1')
const PATTERNS = { XX: {}, IK: { pinnedStatic: bob.staticKey.publicKey } } as const
const NAMES = ['XX', 'IK'] as const

function ends (a: Options = {}, b: Options = {}): Ends {
  return {
    initiator: new HardenedHandshake({ role: 'initiator', identity: alice, verify: () => true, ...a }),
    responder: new HardenedHandshake({ role: 'responder', identity: bob, verify: () => true, ...b })
  }
}

async function play ({ initiator, responder }: Ends, change: (message: Uint8Array, index: number) => Uint8Array = message => message): Promise<[HopAgreement, HopAgreement]> {
  for (let index = 0; initiator.turn !== 'done' || responder.turn !== 'done'; index++) {
    const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator]
    await reader.read(change(writer.write(), index))
  }
  return [initiator.result(), responder.result()]
}

async function codeOf (run: () => unknown): Promise<string | undefined> {
  try {
    await run()
  } catch (error) {
    return error instanceof HushwireError ? error.code : String(error)
  }
  return undefined
}

async function isDead (t: ExecutionContext, handshake: HardenedHandshake): Promise<void> {
  t.is(await codeOf(() => handshake.write()), 'ERR_HANDSHAKE_DESTROYED')
  t.is(await codeOf(() => handshake.read(new Uint8Array(45))), 'ERR_HANDSHAKE_DESTROYED')
  t.is(await codeOf(() => handshake.result()), 'ERR_HANDSHAKE_DESTROYED')
}

/** A side that speaks Noise alone, to send what a handshake of ours never would. */
function forger (options: Partial<NoiseHandshakeOptions> & { payloads: Uint8Array[] }): NoiseHandshake {
  return new NoiseHandshake({ protocol: noiseProtocol('Noise_XX_25519_AESGCM_SHA256'), role: 'initiator', prologue: HOP, staticKey: alice.staticKey, payload: ({ message }) => options.payloads[message >> 1] ?? new Uint8Array(0), ...options })
}

function offerBytes (version: number, features: number, window: number, maxPackets: number): Uint8Array {
  const bytes = new Uint8Array(13)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, version)
  view.setUint32(1, features)
  view.setUint32(5, window)
  view.setUint32(9, maxPackets)
  return bytes
}

const GOOD = offerBytes(1, 0, 65_536, 256)

for (const name of NAMES) {
  test(`${name}: both ends agree, on a hop and between peers`, async t => {
    for (const [a, b] of [[{}, {}], [{ peer: bob.id }, { peer: alice.id }]] as const) {
      const met: Peer[] = []
      const verify = (peer: Peer): Promise<boolean> => Promise.resolve(met.push(peer) > 0)
      const sizes: number[] = []
      const [x, y] = await play(
        ends({ ...PATTERNS[name], ...a, verify, offer: { features: 0x8000_0006, window: 1024 } }, { ...b, verify, offer: { features: 0xffff_fffc, maxPackets: 7 } }),
        message => { sizes.push(message.byteLength); return message })
      t.deepEqual(x.sealKey, y.openKey)
      t.deepEqual(x.openKey, y.sealKey)
      t.is(x.sealKey.byteLength, 32)
      t.notDeepEqual(x.sealKey, x.openKey)
      t.deepEqual(x.handshakeHash, y.handshakeHash)
      t.is(x.features, 0x8000_0004)
      t.is(y.features, 0x8000_0004)
      t.deepEqual(x.localOffer, { features: 0x8000_0006, window: 1024, maxPackets: 256 })
      t.deepEqual(y.remoteOffer, x.localOffer)
      t.deepEqual(x.remoteOffer, { features: 0xffff_fffc, window: 65_536, maxPackets: 7 })
      t.deepEqual(x.remote, { id: bob.id, publicKey: bob.publicKey, staticKey: bob.staticKey.publicKey, proof: bob.proof })
      t.deepEqual(y.remote, { id: alice.id, publicKey: alice.publicKey, staticKey: alice.staticKey.publicKey, proof: alice.proof })
      t.is(met.length, 2)
      t.deepEqual([x.pattern, y.pattern], [name, name])
      t.deepEqual([x.confirmed, y.confirmed], [true, name === 'XX'])
      t.deepEqual(sizes, name === 'XX' ? [45, 205, 160] : [205, 157])
    }
  })

  test(`${name}: every byte of every message flipped fails, before the other side is met`, async t => {
    for (let at = 0; at < (name === 'XX' ? 3 : 2); at++) {
      for (let byte = 0, length = 1; byte < length; byte++) {
        let met = 0
        const verify = (): boolean => ++met > 0
        const failed = await codeOf(() => play(ends({ ...PATTERNS[name], verify }, { verify }), (message, index) => {
          if (index !== at) return message
          length = message.byteLength
          const changed = message.slice()
          changed[byte] = (changed[byte] as number) ^ (byte % 2 === 0 ? 0x01 : 0x80)
          return changed
        }))
        t.true(/^ERR_(NOISE_AUTH|NOISE_LOW_ORDER|HANDSHAKE_VERSION|HANDSHAKE_OFFER)$/.test(failed ?? ''), `message ${at} byte ${byte}: ${failed}`)
        t.is(met, name === 'XX' && at === 2 || name === 'IK' && at === 1 ? 1 : 0, `message ${at} byte ${byte}`)
      }
    }
  })

  test(`${name}: cut or longer messages fail`, async t => {
    for (let at = 0; at < (name === 'XX' ? 3 : 2); at++) {
      for (const length of [0, 31, 32, 44, 46, 96, 156, 158, 159, 161, 204, 206]) {
        const both = ends(PATTERNS[name])
        const failed = await codeOf(() => play(both, (message, index) => {
          if (index !== at) return message
          const cut = new Uint8Array(length)
          cut.set(message.subarray(0, length))
          return cut
        }))
        t.true(/^ERR_(NOISE_AUTH|NOISE_TRUNCATED|HANDSHAKE_MESSAGE)$/.test(failed ?? ''), `message ${at} of ${length} bytes: ${failed}`)
        await isDead(t, at % 2 === 0 ? both.responder : both.initiator)
      }
    }
  })

  test(`${name}: who is refused learns and gets nothing`, async t => {
    for (const verify of [() => false, () => Promise.resolve(false)]) {
      const byInitiator = ends({ ...PATTERNS[name], verify })
      t.is(await codeOf(() => play(byInitiator)), 'ERR_IDENTITY_REFUSED')
      await isDead(t, byInitiator.initiator)
      const byResponder = ends(PATTERNS[name], { verify })
      t.is(await codeOf(() => play(byResponder)), 'ERR_IDENTITY_REFUSED')
      await isDead(t, byResponder.responder)
    }
    const thrown = ends({ ...PATTERNS[name], verify: () => { throw new Error('the store is gone') } })
    t.is(await codeOf(() => play(thrown)), 'Error: the store is gone')
    await isDead(t, thrown.initiator)
  })

  test(`${name}: an identity of another static key is refused`, async t => {
    const borrowed: Identity = { ...eve, id: bob.id, publicKey: bob.publicKey, proof: bob.proof, staticKey: eve.staticKey, sign: () => new Uint8Array(64), exportPrivate: () => new Uint8Array(0), destroy: () => {} }
    const pin = name === 'IK' ? { pinnedStatic: eve.staticKey.publicKey } : {}
    t.is(await codeOf(() => play(ends(pin, { identity: borrowed }))), 'ERR_IDENTITY_PROOF')
    t.is(await codeOf(() => play(ends({ ...PATTERNS[name], identity: borrowed }))), 'ERR_IDENTITY_PROOF')
  })

  test(`${name}: between peers, another than who was addressed is refused`, async t => {
    const pin = name === 'IK' ? { pinnedStatic: eve.staticKey.publicKey } : {}
    // eve answers in bob's name, with everything else right
    const answering = forged(eve, bob)
    t.is(await codeOf(() => play(ends({ ...pin, peer: bob.id }, { identity: answering, peer: alice.id }))), 'ERR_HANDSHAKE_PEER')
    // eve greets in alice's name
    t.is(await codeOf(() => play(ends({ ...PATTERNS[name], identity: forged(eve, alice), peer: bob.id }, { peer: alice.id }))), 'ERR_HANDSHAKE_PEER')
    // the two ends mean different parties
    t.is(await codeOf(() => play(ends({ ...PATTERNS[name], peer: randomUuid() }, { peer: alice.id }))), 'ERR_NOISE_AUTH')
  })

  test(`${name}: a hop's handshake is not a peer's`, async t => {
    t.is(await codeOf(() => play(ends({ ...PATTERNS[name], peer: bob.id }))), 'ERR_NOISE_AUTH')
    t.is(await codeOf(() => play(ends(PATTERNS[name], { peer: alice.id }))), 'ERR_NOISE_AUTH')
  })

  test(`${name}: own messages sent back are refused`, async t => {
    const { initiator } = ends(PATTERNS[name])
    const first = initiator.write()
    t.regex(await codeOf(() => initiator.read(first)) ?? '', /^ERR_NOISE_(AUTH|TRUNCATED)$/)
    await isDead(t, initiator)
  })

  test(`${name}: out of turn ends it`, async t => {
    const both = ends(PATTERNS[name])
    t.is(await codeOf(() => both.initiator.result()), 'ERR_HANDSHAKE_TURN')
    t.is(await codeOf(() => both.responder.write()), 'ERR_HANDSHAKE_TURN')
    t.is(await codeOf(() => both.initiator.read(new Uint8Array(205))), 'ERR_HANDSHAKE_TURN')
    await isDead(t, both.initiator)
    await isDead(t, both.responder)
    const done = ends(PATTERNS[name])
    const [{ sealKey, openKey }] = await play(done)
    t.is(await codeOf(() => done.initiator.write()), 'ERR_HANDSHAKE_TURN')
    t.deepEqual([sealKey, openKey], [new Uint8Array(32), new Uint8Array(32)])
    await isDead(t, done.initiator)
  })

  test(`${name}: destroyed while the other side is looked at`, async t => {
    let decide: ((accepted: boolean) => void) | undefined
    const both = ends({ ...PATTERNS[name], verify: () => new Promise(resolve => { decide = resolve }) })
    await both.responder.read(both.initiator.write())
    const reading = both.initiator.read(both.responder.write())
    t.is(both.initiator.turn, 'read')
    t.is(await codeOf(() => both.initiator.result()), 'ERR_HANDSHAKE_TURN')
    both.initiator.destroy()
    decide?.(true)
    t.is(await codeOf(() => reading), 'ERR_NOISE_DESTROYED')
    await isDead(t, both.initiator)
  })
}

/** The keys and the proof of one identity under the id of another. */
function forged (keys: Identity, id: Identity): Identity {
  return { id: id.id, publicKey: keys.publicKey, proof: keys.proof, staticKey: keys.staticKey, sign: () => new Uint8Array(64), exportPrivate: () => new Uint8Array(0), destroy: () => {} }
}

test('a pinned static key that is not the responder\'s fails', async t => {
  t.is(await codeOf(() => play(ends({ pinnedStatic: eve.staticKey.publicKey }))), 'ERR_NOISE_AUTH')
})

test('an old first message of IK sent again gives keys that only the real initiator could have', async t => {
  const { initiator, responder } = ends(PATTERNS.IK)
  const first = initiator.write()
  await responder.read(first)
  await initiator.read(responder.write())
  const again = ends().responder
  await again.read(first)
  const answer = again.write()
  const { confirmed, remote, openKey } = again.result()
  t.false(confirmed)
  t.deepEqual(remote.id, alice.id)
  t.notDeepEqual(openKey, initiator.result().sealKey)
  t.is(await codeOf(() => ends(PATTERNS.IK).initiator.read(answer)), 'ERR_HANDSHAKE_TURN')
})

test('versions and offers that cannot be are refused', async t => {
  const cases: Array<[Uint8Array, string | undefined]> = [
    [offerBytes(1, 0xffffffff, 65_536, 256), undefined],
    [offerBytes(1, 0, 256, 1), undefined],
    [offerBytes(1, 0, 2 ** 31, 65_536), undefined],
    [offerBytes(0, 0, 65_536, 256), 'ERR_HANDSHAKE_VERSION'],
    [offerBytes(2, 0, 65_536, 256), 'ERR_HANDSHAKE_VERSION'],
    [offerBytes(1, 0, 0, 256), 'ERR_HANDSHAKE_OFFER'],
    [offerBytes(1, 0, 255, 256), 'ERR_HANDSHAKE_OFFER'],
    [offerBytes(1, 0, 2 ** 31 + 1, 256), 'ERR_HANDSHAKE_OFFER'],
    [offerBytes(1, 0, 65_536, 0), 'ERR_HANDSHAKE_OFFER'],
    [offerBytes(1, 0, 65_536, 65_537), 'ERR_HANDSHAKE_OFFER']
  ]
  for (const [offer, code] of cases) {
    const { responder } = ends()
    t.is(await codeOf(() => responder.read(forger({ payloads: [offer] }).write())), code)
  }
})

test('a message 3 that is not a proof is refused', async t => {
  const stranger = new NoiseKeypair(crypto.x25519())
  const cases: Array<[Partial<NoiseHandshakeOptions>, Uint8Array, string | undefined]> = [
    [{}, alice.proof, undefined],
    [{}, new Uint8Array(0), 'ERR_HANDSHAKE_MESSAGE'],
    [{}, join([alice.proof, Uint8Array.of(0)]), 'ERR_HANDSHAKE_MESSAGE'],
    [{}, new Uint8Array(96), 'ERR_IDENTITY_PROOF'],
    [{}, eve.proof, 'ERR_IDENTITY_PROOF'],
    [{ staticKey: stranger }, alice.proof, 'ERR_IDENTITY_PROOF']
  ]
  for (const [options, proof, code] of cases) {
    const { responder } = ends()
    const noise = forger({ payloads: [GOOD, proof], ...options })
    await responder.read(noise.write())
    void noise.read(responder.write())
    const last = noise.write()
    t.is(await codeOf(() => responder.read(last)), code)
    if (code !== undefined) await isDead(t, responder)
  }
})

test('options that do not go together are refused', async t => {
  t.is(await codeOf(() => ends({}, { pinnedStatic: alice.staticKey.publicKey })), 'ERR_HANDSHAKE_OPTION')
  t.is(await codeOf(() => ends({ peer: alice.id })), 'ERR_HANDSHAKE_OPTION')
  for (const option of [{ role: 'client' }, { verify: undefined }, { verify: true }]) t.is(await codeOf(() => ends(option as never)), 'ERR_HANDSHAKE_OPTION')
  t.is(await codeOf(() => ends({ identity: alice.publicKey as never })), 'ERR_ARGUMENT')
  t.is(await codeOf(() => ends({ peer: new Uint8Array(15) })), 'ERR_UUID')
  t.is(await codeOf(() => ends({ pinnedStatic: new Uint8Array(31) })), 'ERR_NOISE_OPTIONS')
  for (const offer of [{ window: 0 }, { window: 1.5 }, { window: 2 ** 31 + 1 }, { maxPackets: 0 }, { maxPackets: 65_537 }, { features: -1 }, { features: 2 ** 32 }]) {
    t.is(await codeOf(() => ends({ offer })), 'ERR_HANDSHAKE_OPTION')
  }
})
