import test from 'ava'
import { noiseChannel, NoiseKeypair, noiseProtocol, pinned, trustOnFirstUse } from '../../lib/noise/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { codeOf, items } from '../support/sources.js'

const XX = noiseProtocol('Noise_XX_25519_ChaChaPoly_SHA256')
const NN = noiseProtocol('Noise_NN_25519_ChaChaPoly_SHA256')
const PSK = noiseProtocol('Noise_NNpsk0_25519_ChaChaPoly_SHA256')
const WRONG = [null, 'text', 5, {}, true, new Uint8Array(3)]

function tried (action: () => unknown): Promise<string> {
  return codeOf((async () => { await action() })())
}

test('options that are not what they may be are told before anything is sent', async t => {
  const right = { protocol: XX, role: 'initiator', staticKey: new NoiseKeypair(), verify: () => true }
  const cases: ReadonlyArray<readonly [name: string, options: object, wrong: readonly unknown[]]> = [
    ['protocol', right, [undefined, 'Noise_XX_25519_ChaChaPoly_SHA256', ...WRONG]],
    ['role', right, [undefined, ...WRONG]],
    ['prologue', right, [null, 'text', 5, {}]],
    ['staticKey', right, [null, 'text', new Uint8Array(32)]],
    ['remoteStatic', { ...right, protocol: noiseProtocol('Noise_IK_25519_ChaChaPoly_SHA256'), verify: undefined }, [undefined, ...WRONG]],
    ['psks', { protocol: PSK, role: 'initiator' }, [undefined, [undefined], ['a'.repeat(32)], ...WRONG]],
    ['postQuantum', right, [null, 'text', { mode: 'offered', protocol: 'Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256' }]],
    ['payload', right, [null, 'text']],
    ['received', right, [null, 'text']]
  ]
  for (const [name, options, wrong] of cases) {
    for (const value of wrong) {
      const [left] = memoryPair()
      t.is(await tried(() => noiseChannel(left, { ...options, [name]: value } as never)), 'ERR_NOISE_OPTIONS', `${name}: ${JSON.stringify(value)}`)
    }
  }
  for (const options of [undefined, null, 5]) t.is(await tried(() => noiseChannel(memoryPair()[0], options as never)), 'ERR_NOISE_OPTIONS')
  for (const duplex of [undefined, ...WRONG]) t.is(await tried(() => noiseChannel(duplex as never, right as never)), 'ERR_ARGUMENT')
  for (const signal of [null, 5, {}]) t.is(await tried(() => noiseChannel(memoryPair()[0], { ...right, signal } as never)), 'ERR_ARGUMENT')
  t.is(await tried(() => noiseChannel(memoryPair()[0], { ...right, limits: null } as never)), 'ERR_LIMIT_OPTION')
})

test('names, keys and stores', async t => {
  for (const name of [undefined, ...WRONG]) t.is(await tried(() => noiseProtocol(name as never)), 'ERR_NOISE_PROTOCOL')
  t.throws(() => noiseProtocol('Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256'), { message: /needs its KEM in the option kems/ })
  for (const key of [...WRONG, new Uint8Array(32)]) t.is(await tried(() => new NoiseKeypair(key as never)), 'ERR_NOISE_OPTIONS')
  for (const key of WRONG) {
    t.is(await tried(() => NoiseKeypair.fromPrivate(key as never)), 'ERR_CRYPTO_KEY')
    t.is(await tried(() => pinned(key as never)), 'ERR_CRYPTO_KEY')
    t.is(await tried(() => trustOnFirstUse(key as never, 'name')), 'ERR_NOISE_OPTIONS')
  }
})

test('a sink takes a source of bytes', async t => {
  const [left, right] = memoryPair()
  const [near, far] = await Promise.all([noiseChannel(left, { protocol: NN, role: 'initiator' }), noiseChannel(right, { protocol: NN, role: 'responder' })])
  for (const source of [undefined, ...WRONG, [new Uint8Array(3)]]) t.is(await codeOf(near.sink(source as never)), 'ERR_ARGUMENT')
  // a source that is none has not taken the sink
  t.is(await codeOf(near.sink(items('text' as never))), 'ERR_ARGUMENT')
  far.abort()
  const [alone] = memoryPair()
  for (const source of [undefined, ...WRONG]) t.is(await codeOf(alone.sink(source as never)), 'ERR_ARGUMENT')
  t.is(await codeOf(alone.sink(items('text' as never))), 'ERR_ARGUMENT')
})
