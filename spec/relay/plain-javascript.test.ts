import test from 'ava'
import { NIL_UUID, randomUuid, uuidKey } from '../../lib/bytes/index.js'
import { createIdentity, importIdentity } from '../../lib/nova/index.js'
import { createPrekey, exportPrekey, importPrekey, openMail, openMailBytes, sealMail, verifyPrekey } from '../../lib/nova/mail/index.js'
import { connect, offeredRelay, openPrekeyRing, parseOffer, relayClient } from '../../lib/relay/index.js'
import { qr } from '../../lib/relay/qr.js'
import { localExchange, startRelay } from '../../lib/relay/server/index.js'
import { memoryStore } from '../../lib/store/index.js'
import { deferred, limitsOf } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { codeOf, items } from '../support/sources.js'

const WRONG = [null, 'text', 5, {}, [], true, new Uint8Array(3), () => {}]
const NO_OBJECT = [null, 'text', 5, [], true, new Uint8Array(3), () => {}]
const NO_FUNCTION = [null, 'text', 5, {}, [], true]
const NO_UUID = [undefined, null, 'text', 5, {}, new Uint8Array(3), '33f0a024-7c81-4339-2ac1-3ef2b3a31ab4']
const identity = createIdentity()

type Cases = ReadonlyArray<readonly [name: string, wrong: readonly unknown[], code?: string]>

function tried (action: () => unknown): Promise<string> {
  return codeOf((async () => { await action() })())
}

function named (name: string, value: unknown): string {
  return `${name}: ${typeof value === 'function' ? 'a function' : JSON.stringify(value)}`
}

test('a relay whose options are not what they may be does not start', async t => {
  const cases: Cases = [
    ['identity', [undefined, ...WRONG]],
    ['verify', NO_FUNCTION],
    ['registration', [
      ...WRONG, { rule: 'opne' }, { rule: null }, { rule: 'open', ids: [] }, { rule: 'allowlist' }, { rule: 'allowlist', ids: identity.id },
      { rule: 'allowlist', ids: null }, { rule: 'allowlist', ids: 'text' }, { rule: 'allowlist', ids: ['text'] }, { rule: 'allowlist', ids: [identity.id, null] },
      { rule: 'allowlist', ids: [identity.id].values() }
    ]],
    ['registraton', [{ rule: 'invite' }]],
    ['store', WRONG],
    ['mailbox', WRONG],
    ['directory', WRONG],
    ['exchange', WRONG],
    ['admission', WRONG],
    ['presence', WRONG],
    ['unknownTarget', WRONG],
    ['slowConsumer', WRONG],
    ['postQuantum', [...WRONG, 'required', { mode: 'required' }, { mode: 'requird', kem: {} }]],
    ['tcp', [...NO_OBJECT, { tls: null }, { tls: 'text' }]],
    ['websocket', [...NO_OBJECT, { tls: true }]],
    ['tls', [{}]],
    ['limits', NO_OBJECT],
    ['limits', [{ link: 'text' }, { mailbox: 'text' }, { directory: 5 }]],
    ['onEvent', NO_FUNCTION],
    ['onBytes', NO_FUNCTION]
  ]
  for (const [name, wrong, code = 'ERR_ARGUMENT'] of cases) {
    for (const value of wrong) t.is(await tried(() => startRelay({ identity, [name]: value })), code, named(name, value))
  }
  for (const options of [undefined, ...WRONG]) t.is(await tried(() => startRelay(options as never)), 'ERR_ARGUMENT')
  for (const options of NO_OBJECT) t.is(await tried(() => localExchange(options as never)), 'ERR_LIMIT_OPTION')
  await t.throwsAsync(startRelay({ identity, registration: 'invite' } as never), { message: /registration is an object with the rule "open", "invite" or "allowlist"/ })
})

test('a rule that is changed after the start is not the rule', async t => {
  const registration: { rule: string } = { rule: 'invite' }
  const relay = await startRelay({ identity, registration } as never)
  registration.rule = 'open'
  const [left, right] = memoryPair()
  void relay.accept(right)
  t.is(await codeOf(relayClient(left, { identity: createIdentity(), verify: () => true, verifyPeer: () => true })), 'ERR_RELAY_INVITE')
  await relay.close()
})

const CLIENT: Cases = [
  ['identity', [undefined, ...WRONG]],
  ['invite', [null, 'a'.repeat(32), 5, new Uint8Array(3)]],
  ['postQuantum', [...WRONG, 'required']],
  ['peerPostQuantum', WRONG],
  ['signal', WRONG, 'ERR_ARGUMENT']
]

test('a client whose options are not what they may be dials nobody', async t => {
  const cases: Cases = [
    ...CLIENT,
    ['url', [undefined, ...WRONG], 'ERR_RELAY_URL'],
    ['relay', [undefined, null, 'text', 5, {}]],
    ['relay', [new Uint8Array(3)], 'ERR_CRYPTO_KEY'],
    ['store', WRONG],
    ['accept', NO_FUNCTION],
    ['dial', NO_FUNCTION],
    ['whenTakenOver', WRONG],
    ['wait', [null, 'text', 5, {}]],
    ['onState', NO_FUNCTION],
    ['onRejected', NO_FUNCTION],
    ['onPaired', NO_FUNCTION],
    ['limits', NO_OBJECT, 'ERR_LIMIT_OPTION'],
    ['prekeyLimits', NO_OBJECT, 'ERR_LIMIT_OPTION']
  ]
  for (const [name, wrong, code = 'ERR_RELAY_OPTION'] of cases) {
    for (const value of wrong) t.is(await tried(() => connect({ url: 'ws://127.0.0.1:1/', relay: identity.publicKey, identity, [name]: value })), code, named(name, value))
  }
  for (const options of [undefined, ...NO_OBJECT]) t.is(await tried(() => connect(options as never)), 'ERR_RELAY_OPTION')
})

test('one connection likewise, and what is dialled is a duplex', async t => {
  const right = { identity, verify: () => true, verifyPeer: () => true }
  const cases: Cases = [...CLIENT, ['verifyPeer', [undefined, ...NO_FUNCTION]], ['onPush', NO_FUNCTION]]
  for (const [name, wrong, code = 'ERR_RELAY_OPTION'] of cases) {
    for (const value of wrong) {
      const [left, far] = memoryPair()
      t.is(await tried(() => relayClient(left, { ...right, [name]: value })), code, named(name, value))
      t.not(await codeOf(far.source[Symbol.asyncIterator]().next()), 'nothing', 'the duplex is aborted')
    }
  }
  for (const options of [undefined, null, 5]) t.is(await tried(() => relayClient(memoryPair()[0], options as never)), 'ERR_RELAY_OPTION')
  for (const duplex of [undefined, ...WRONG]) {
    t.is(await tried(() => relayClient(duplex as never, right)), 'ERR_ARGUMENT')
    t.is(await tried(() => connect({ url: 'own:', relay: identity.publicKey, identity, dial: () => duplex as never })), 'ERR_ARGUMENT')
  }
})

test('what a client is asked for', async t => {
  const relay = await startRelay({ identity })
  const client = await connect({
    url: 'ws://relay.example/',
    relay: identity.publicKey,
    identity: createIdentity(),
    dial: async () => {
      const [left, right] = memoryPair()
      void relay.accept(right)
      return left
    }
  })
  const peer = client.peer(randomUuid())
  for (const id of NO_UUID) {
    t.is(await tried(() => client.peer(id as never)), 'ERR_UUID')
    t.is(await tried(() => client.lookup(id as never)), 'ERR_UUID')
    t.is(await tried(() => client.contacts.has(id as never)), 'ERR_UUID')
    t.is(await tried(() => client.contacts.forget(id as never)), 'ERR_UUID')
    t.is(await tried(() => client.presence([id] as never)), 'ERR_UUID')
  }
  for (const ids of [undefined, null, 5, {}]) t.is(await tried(() => client.presence(ids as never)), 'ERR_ARGUMENT')
  for (const key of [undefined, ...WRONG]) t.is(await tried(() => client.contacts.trust(key as never)), 'ERR_CRYPTO_KEY')
  for (const options of [...NO_OBJECT, { signal: 'text' }]) {
    t.is(await tried(() => peer.send(1n, new Uint8Array(1), options as never)), 'ERR_ARGUMENT')
    t.is(await tried(() => peer.open(1n, options as never)), 'ERR_ARGUMENT')
    t.is(await tried(() => client.offer(options as never)), 'ERR_ARGUMENT')
    t.is(await tried(() => client.pair('hushwire:AA', options as never)), 'ERR_ARGUMENT')
  }
  await client.close()
  await relay.close()
})

test('a connection that comes too late and is none harms nobody', async t => {
  const [dialled, made] = [deferred(), deferred<never>()]
  const client = await connect({
    url: 'own:',
    relay: identity.publicKey,
    identity,
    wait: false,
    dial: () => {
      dialled.resolve()
      return made.promise
    }
  })
  await dialled.promise
  await client.close()
  made.resolve(undefined as never)
  await t.notThrowsAsync(client.closed)
})

test('offers, codes and prekeys in a store', async t => {
  for (const value of [undefined, ...WRONG]) {
    t.is(await tried(() => offeredRelay(value as never)), 'ERR_ARGUMENT')
    t.is(await tried(() => offeredRelay({ relayFingerprint: value } as never)), 'ERR_ARGUMENT')
    t.is(await tried(() => parseOffer(value as never)), 'ERR_OFFER_TEXT')
    t.is(await tried(() => openPrekeyRing(value as never, identity)), 'ERR_RELAY_OPTION')
    t.is(await tried(() => openPrekeyRing(memoryStore(), value as never)), 'ERR_RELAY_OPTION')
    if (typeof value !== 'string') t.is(await tried(() => qr(value as never)), 'ERR_ARGUMENT')
  }
  for (const options of NO_OBJECT) t.is(await tried(() => openPrekeyRing(memoryStore(), identity, options as never)), 'ERR_ARGUMENT')
})

test('mail and its prekeys', async t => {
  const owner = createIdentity()
  const prekey = createPrekey(owner)
  const verified = verifyPrekey(owner.publicKey, prekey)
  const route = { target: owner.id, source: identity.id, kind: 1n }
  const parties = { identity, prekey: verified, route }
  const envelope = { keys: () => prekey.keyPair, self: owner.id, from: identity.id, kind: 1n }
  for (const value of [undefined, ...WRONG]) {
    t.is(await tried(() => createPrekey(value as never)), 'ERR_ARGUMENT')
    t.is(await tried(() => exportPrekey(value as never)), 'ERR_ARGUMENT')
    t.is(await tried(() => importPrekey(value as never)), 'ERR_PREKEY_STORED')
    t.is(await tried(() => importIdentity(value as never)), 'ERR_IDENTITY_STORED')
    t.is(await tried(() => verifyPrekey(owner.publicKey, value as never)), 'ERR_PREKEY_SIGNATURE')
    t.is(await tried(() => verifyPrekey(value as never, prekey)), 'ERR_PREKEY_SIGNATURE')
    t.is(await tried(() => sealMail([], value as never)), 'ERR_ARGUMENT')
    t.is(await tried(() => sealMail([], { ...parties, identity: value } as never)), 'ERR_ARGUMENT')
    t.is(await tried(() => sealMail([], { ...parties, prekey: value } as never)), 'ERR_PREKEY_UNVERIFIED')
    t.is(await tried(() => sealMail([], { ...parties, route: { ...route, target: value } } as never)), 'ERR_UUID')
    t.is(await tried(() => sealMail([], { ...parties, route: { ...route, kind: value } } as never)), 'ERR_SEALED_MAIL_ROUTE')
    t.is(await tried(() => openMail(items(), value as never)), 'ERR_ARGUMENT')
    for (const open of [openMail, openMailBytes]) t.is(await tried(() => open(value as never, envelope)), 'ERR_ARGUMENT')
    for (const [name, code] of [['self', 'ERR_UUID'], ['from', 'ERR_UUID'], ['kind', 'ERR_SEALED_MAIL_ROUTE']] as const) {
      t.is(await tried(() => openMail(sealMail([], parties), { ...envelope, [name]: value })), code, named(name, value))
    }
  }
  for (const source of [undefined, null, 'text', 5, {}, true, new Uint8Array(3)]) t.is(await tried(() => sealMail(source as never, parties)), 'ERR_ARGUMENT')
  for (const options of NO_OBJECT) {
    t.is(await tried(() => sealMail([], parties, options as never)), 'ERR_ARGUMENT')
    for (const open of [openMail, openMailBytes]) t.is(await tried(() => open(items(), envelope, options as never)), 'ERR_ARGUMENT')
  }
})

test('UUIDs and limits', t => {
  for (const id of NO_UUID) t.throws(() => uuidKey(id as never), { code: 'ERR_UUID' })
  t.is(uuidKey(NIL_UUID).length, 8)
  for (const limits of NO_OBJECT) t.throws(() => limitsOf({ maxItems: 1 }, limits as never), { code: 'ERR_LIMIT_OPTION' })
})
