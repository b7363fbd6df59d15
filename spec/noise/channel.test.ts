import test from 'ava'
import { noiseProtocol, PATTERNS, type PatternName } from '../../lib/noise/index.js'
import { collect, items, pattern } from '../support/sources.js'
import { ALICE, BOB, channels, XX } from './ends.js'

for (const name of Object.keys(PATTERNS) as PatternName[]) {
  const protocol = noiseProtocol(`Noise_${name}_25519_AESGCM_SHA256`)
  const oneWay = protocol.pattern.messages.length === 1
  test(`${name}: bytes come as they went, ${oneWay ? 'one way' : 'both ways'}`, async t => {
    const [near, far] = await channels({ protocol })
    const bytes = pattern(200_000)
    const [came, back] = await Promise.all([collect(far.source), collect(near.source), near.sink(items(bytes)), far.sink(oneWay ? items() : items(bytes, bytes))])
    t.deepEqual(came, bytes)
    t.is(back.byteLength, oneWay ? 0 : 400_000)
    await Promise.all([near.closed, far.closed])
    t.deepEqual(near.handshakeHash, far.handshakeHash)
    // what the second letter says of the responder's key: none, known before, or sent
    t.deepEqual(near.remoteStatic, name.at(-1) === 'N' && !oneWay ? undefined : BOB.publicKey)
    t.deepEqual(far.remoteStatic, name.startsWith('N') ? undefined : ALICE.publicKey)
  })
}

test('XX shows each the other', async t => {
  const [near, far] = await channels()
  t.deepEqual([near.remoteStatic, far.remoteStatic], [BOB.publicKey, ALICE.publicKey])
  t.is(near.protocol, XX.name)
  await Promise.all([near.close(), far.close()])
})
