import { strict as assert } from 'node:assert'
import { toHex } from '../../lib/bytes/index.js'
import { blake2b, blake2s, crypto, sha512 } from '../../lib/crypto/index.js'
import { ctrPeer } from '../../lib/ctr/index.js'
import { mlKem768 } from '../../lib/noise/hybrid.js'
import { noiseChannel, NoiseKeypair, noiseProtocol, pinned, type NoiseChannel, type NoiseChannelOptions, type NoiseProtocol } from '../../lib/noise/index.js'
import { ignore, join, type Bytes } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import type { BrowserCase } from './cases.js'

const XX = noiseProtocol('Noise_XX_25519_ChaChaPoly_SHA256')
const HYBRID = noiseProtocol('Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256', { kems: [mlKem768] })
const SIZES = [1, 65_519, 65_520, 1000, 300_000]

/** The channels and hashes that the portable backend carries. */
export const channelCases: readonly BrowserCase[] = [
  ...['ChaChaPoly_SHA256', 'AESGCM_SHA512', 'ChaChaPoly_BLAKE2s', 'AESGCM_BLAKE2b'].map(suite => ({
    name: `a Noise channel, XX ${suite}`,
    run: async (): Promise<void> => { await carried(noiseProtocol(`Noise_XX_25519_${suite}`)) }
  })),
  {
    name: 'a Noise channel whose ends agree on the hybrid pattern',
    run: async (): Promise<void> => { assert.equal(await carried(XX, { postQuantum: { mode: 'offered', protocol: HYBRID } }), HYBRID.name) }
  },
  { name: 'a Noise channel refuses a key that is not pinned', run: refused },
  { name: 'CTR peers exchange frames both ways', run: frames },
  { name: 'the hashes of the empty message', run: hashes }
]

async function channels (protocol: NoiseProtocol, both: Partial<NoiseChannelOptions>, answerer = new NoiseKeypair(), expected = answerer): Promise<[NoiseChannel, NoiseChannel]> {
  const [left, right] = memoryPair()
  const common = { protocol, end: 'authenticated', rekeyAfter: 3, ...both } as const
  const near = noiseChannel(left, { ...common, role: 'initiator', staticKey: new NoiseKeypair(), verify: pinned(expected.publicKey) })
  const far = noiseChannel(right, { ...common, role: 'responder', staticKey: answerer, verify: () => true })
  far.catch(ignore)
  return Promise.all([near, far])
}

async function carried (protocol: NoiseProtocol, both: Partial<NoiseChannelOptions> = {}): Promise<string> {
  const [near, far] = await channels(protocol, both)
  const sent = SIZES.map(size => new Uint8Array(size).map((_, at) => at * 13))
  const items = async function * (): AsyncGenerator<Bytes> { yield * sent }
  const [came, back] = await Promise.all([all(far.source), all(near.source), near.sink(items()), far.sink(items())])
  assert.deepEqual(came, join(sent))
  assert.deepEqual(back, join(sent))
  assert.deepEqual(near.handshakeHash, far.handshakeHash)
  await Promise.all([near.closed, far.closed])
  assert.equal(near.protocol, far.protocol)
  return near.protocol
}

async function refused (): Promise<void> {
  await assert.rejects(channels(XX, {}, new NoiseKeypair(), new NoiseKeypair()), { code: 'ERR_NOISE_REFUSED' })
}

async function frames (): Promise<void> {
  const [left, right] = memoryPair()
  const secret = crypto.randomBytes(32)
  const [top, bottom] = await Promise.all([ctrPeer(left, { role: 'top', secret, endCode: 0 }), ctrPeer(right, { role: 'bottom', secret, endCode: 0 })])
  const body = new Uint8Array(200_000).map((_, at) => at * 7)
  for (const [from, to] of [[top, bottom], [bottom, top]] as const) {
    const sending = from.send(7, body)
    const { status, bytes } = await to.receive(body.byteLength)
    await sending
    assert.equal(status, 'complete')
    assert.deepEqual(bytes, body)
  }
  await Promise.all([top.close(), bottom.close()])
}

function hashes (): void {
  const nothing = new Uint8Array(0)
  assert.equal(toHex(blake2s.digest(nothing)), '69217a3079908094e11121d042354a7c1f55b6482ca1a51e1b250dfd1ed0eef9')
  assert.equal(toHex(sha512.digest(nothing)).slice(0, 32), 'cf83e1357eefb8bdf1542850d66d8007')
  assert.equal(toHex(blake2b.digest(nothing)).slice(0, 32), '786a02f742015903c6c6fd852552d272')
}

async function all (source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of source) pieces.push(new Uint8Array(piece))
  return join(pieces)
}
