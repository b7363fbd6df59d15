import test from 'ava'
import fc from 'fast-check'
import { compareUuid, uuidKey } from '../../lib/bytes/index.js'
import { createIdentity, KIND, type Identity, type Peer } from '../../lib/nova/index.js'
import { deferred, type Deferred } from '../../lib/stream/index.js'
import { codeOf } from '../support/sources.js'
import { bytes, first, honest, idle, read, settled, Switchboard, unconfirmed } from './switchboard.js'

const POOL = Array.from({ length: 6 }, () => createIdentity()).sort((a, b) => compareUuid(a.id, b.id))
const [LOW, HIGH] = POOL as [Identity, Identity]
/** Milliseconds of a handshake whose end a test waits for. */
const SHORT = { handshakeTimeout: 200 }

for (const pattern of ['XX', 'IK'] as const) {
  test(`a conversation, both ways: ${pattern}`, async t => {
    const board = new Switchboard()
    const [alice, bob] = [board.hub(), board.hub()]
    const staticKey = pattern === 'IK' ? bob.identity.staticKey.publicKey : undefined
    const [there, here] = await Promise.all([alice.hub.dial(bob.id, { staticKey }), first(bob.hub.incoming)])
    t.is(board.log.filter(({ header }) => header.kind === KIND.handshake).length, pattern === 'IK' ? 2 : 3)
    t.deepEqual([there.peer.id, here.peer.id], [bob.id, alice.id])
    t.true(there.confirmed)
    // the one that was greeted speaks first
    await here.send(2n, bytes('hello, alice'))
    t.is(await read(there.messages), 'hello, alice')
    await there.send(3n, bytes('hello, bob'))
    const message = await first(here.messages)
    t.is(message.kind, 3n)
    t.deepEqual(await message.bytes(), bytes('hello, bob'))
    t.true(here.confirmed)
    t.is(await alice.hub.dial(bob.id), there)
    t.is(await bob.hub.dial(alice.id), here)
    await Promise.all([alice.hub.close(), bob.hub.close()])
  })
}

test('a peer that greets anew by IK after a restart is answered under the new keys, though it says nothing', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  const [, here] = await Promise.all([alice.hub.dial(bob.id), first(bob.hub.incoming)])
  board.unplug(alice.id)
  const again = board.hub({ identity: alice.identity })
  const session = await again.hub.dial(bob.id, { staticKey: bob.identity.staticKey.publicKey })
  // the confirmation comes behind the greeting, and is never a message
  await idle()
  await here.send(1n, bytes('still there?'))
  t.is(await read(session.messages), 'still there?')
  await session.send(2n, bytes('yes'))
  t.is((await first(here.messages)).kind, 2n)
})

test('both dial at once, whatever comes first: one conversation that works', async t => {
  await fc.assert(fc.asyncProperty(fc.constantFrom(...POOL), fc.constantFrom(...POOL), fc.boolean(), fc.boolean(), fc.array(fc.nat(), { maxLength: 40 }), async (one, two, pinOne, pinTwo, choices) => {
    fc.pre(one !== two)
    const board = new Switchboard({ manual: true })
    const checks: Array<Deferred<boolean>> = []
    const verify = (): Promise<boolean> => {
      const check = deferred<boolean>()
      checks.push(check)
      return check.promise
    }
    const [a, b] = [board.hub({ identity: one, verify }), board.hub({ identity: two, verify })]
    const starts = [
      () => a.hub.dial(b.id, { staticKey: pinTwo ? two.staticKey.publicKey : undefined }),
      () => b.hub.dial(a.id, { staticKey: pinOne ? one.staticKey.publicKey : undefined })
    ]
    const dials: Array<ReturnType<typeof a.hub.dial>> = []
    // packets, verdicts and the two dials in any order; the dials come at the latest when nothing else is left
    const picks = [...choices]
    for (let spent = 0; spent < 20;) {
      const steps = [
        ...board.waiting.map(from => () => { board.deliver(from) }),
        ...checks.map((_, at) => () => { checks.splice(at, 1)[0]?.resolve(true) }),
        ...starts.map((_, at) => () => { dials.push(...starts.splice(at, 1).map(start => start())) })
      ]
      if (steps.length === 0) spent++
      else spent = 0
      steps[(picks.shift() ?? 0) % steps.length]?.()
      await idle(1)
    }
    t.true(await settled(Promise.all(dials)))
    const sessions = await Promise.all(dials)
    for (const [from, to] of [sessions, [...sessions].reverse()]) {
      const sent = from?.send(1n, bytes('hi'))
      while (board.waiting.length === 0) await idle(1)
      for (const sender of board.waiting) board.deliver(sender)
      await sent
      t.is(await read((to as typeof sessions[0])?.messages ?? (() => { throw new Error() })()), 'hi')
    }
    await Promise.all([a.hub.close(), b.hub.close()])
  }), { numRuns: 60, endOnFailure: true })
})

test('the lower UUID is the initiator when both begin', async t => {
  const board = new Switchboard({ manual: true })
  const [low, high] = [board.hub({ identity: LOW }), board.hub({ identity: HIGH })]
  const dials = [low.hub.dial(high.id), high.hub.dial(low.id)]
  await idle()
  while (board.waiting.length > 0) {
    for (const from of board.waiting) board.deliver(from)
    await idle()
  }
  await Promise.all(dials)
  // two first messages, one answer of the higher, one third message of the lower
  t.deepEqual(board.log.filter(({ header }) => header.kind === KIND.handshake).map(({ from, body }) => [uuidKey(from) === uuidKey(low.id) ? 'low' : 'high', body[0]]).sort(), [['high', 1], ['high', 2], ['low', 1], ['low', 3]])
})

for (const pattern of ['XX', 'IK'] as const) {
  test(`messages right behind the last greeting wait for a slow verdict: ${pattern}`, async t => {
    const board = new Switchboard()
    const verdict = deferred<boolean>()
    const asked = deferred()
    const slow = (): Promise<boolean> => { asked.resolve(); return verdict.promise }
    // the side that reads the last message of the handshake is the one that decides slowly
    const alice = board.hub(pattern === 'IK' ? { verify: slow } : {})
    const bob = board.hub(pattern === 'XX' ? { verify: slow } : {})
    const dialled = pattern === 'IK' ? alice.hub.dial(bob.id, { staticKey: bob.identity.staticKey.publicKey }) : unconfirmed(board, alice, bob.id)
    const arrived = first(bob.hub.incoming)
    const from = await (pattern === 'XX' ? dialled : arrived)
    await asked.promise
    for (let i = 0; i < 5; i++) await from.send(1n, bytes(`line ${i}`))
    await idle()
    verdict.resolve(true)
    const to = await (pattern === 'XX' ? arrived : dialled)
    for (let i = 0; i < 5; i++) t.is(await read(to.messages), `line ${i}`)
    await from.send(1n, bytes('later'))
    t.is(await read(to.messages), 'later')
  })
}

test('what waits for a verdict is bounded, holds up nobody else, and is let go of', async t => {
  const board = new Switchboard()
  const asked = deferred()
  const friend = board.hub()
  const verify = (peer: Peer): Promise<boolean> | boolean => {
    if (uuidKey(peer.id) === uuidKey(friend.id)) return true
    asked.resolve()
    return new Promise<boolean>(() => {})
  }
  const bob = board.hub({ verify, limits: { maxMessages: 4 } })
  const stranger = board.hub()
  const pushy = await unconfirmed(board, stranger, bob.id)
  await asked.promise
  for (let i = 0; i < 10; i++) await pushy.send(1n, bytes('let me in'))
  await idle()
  const [there, here] = await Promise.all([friend.hub.dial(bob.id), first(bob.hub.incoming)])
  await there.send(1n, bytes('hello'))
  t.is(await read(here.messages), 'hello')
  t.is(bob.end.unread.size, 0)
  await bob.hub.close()
})

test('a verdict that never comes: dials fail in time at both sides, and nothing is kept', async t => {
  const board = new Switchboard()
  const never = { verify: () => new Promise<boolean>(() => {}), limits: SHORT }
  const [alice, bob] = [board.hub({ limits: SHORT }), board.hub(never)]
  t.is(await codeOf(bob.hub.dial(alice.id)), 'ERR_PEER_TIMEOUT')
  t.is(await codeOf(alice.hub.dial(bob.id)), 'ERR_PEER_TIMEOUT')
  const session = await first(alice.hub.incoming)
  t.false(session.confirmed)
  await session.send(1n, bytes('too early'))
  while (bob.end.unread.size > 0) await idle(1)
  t.pass()
})

test('refused by verify, at once or later, by either side', async t => {
  for (const no of [() => false, () => Promise.resolve(false), () => { throw new Error('no') }, () => Promise.reject(new Error('no'))]) {
    const board = new Switchboard()
    const [alice, bob] = [board.hub({ limits: SHORT }), board.hub({ verify: no, limits: SHORT })]
    const code = await codeOf(bob.hub.dial(alice.id))
    t.true(code === 'ERR_IDENTITY_REFUSED' || code === 'no')
    // the initiator of XX is told at once, and what it says all the same is dropped
    t.is(await codeOf(alice.hub.dial(bob.id)), 'ERR_PEER_REFUSED')
    const session = await first(alice.hub.incoming)
    t.false(session.confirmed)
    await session.send(1n, bytes('hello'))
    await idle()
    t.false(await settled(first(bob.hub.incoming)))
    t.is(bob.end.unread.size, 0)
  }
})

test('a static key that is not the peer\'s', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub({ limits: SHORT }), board.hub()]
  t.is(await codeOf(alice.hub.dial(bob.id, { staticKey: createIdentity().staticKey.publicKey })), 'ERR_PEER_TIMEOUT')
  // of low order, and of no length: nothing of the attempt is left behind
  t.is(await codeOf(alice.hub.dial(bob.id, { staticKey: new Uint8Array(32) })), 'ERR_NOISE_LOW_ORDER')
  t.is(await codeOf(alice.hub.dial(bob.id, { staticKey: new Uint8Array(31) })), 'ERR_NOISE_OPTIONS')
  t.is((await alice.hub.dial(bob.id)).peer.id.byteLength, 16)
})

test('oneself, and what is no UUID', async t => {
  const board = new Switchboard()
  const alice = board.hub()
  t.is(await codeOf(alice.hub.dial(alice.id)), 'ERR_HANDSHAKE_OPTION')
  t.is(await codeOf(alice.hub.dial(new Uint8Array(3))), 'ERR_UUID')
  t.is((await alice.hub.dial(board.hub().id)).peer.id.byteLength, 16)
})

test('a peer that has restarted begins anew, and both directions work', async t => {
  for (const pinned of [false, true]) {
    const board = new Switchboard()
    const [alice, bob] = [board.hub(), board.hub()]
    const [before, here] = await Promise.all([alice.hub.dial(bob.id), first(bob.hub.incoming)])
    await before.send(1n, bytes('before'))
    t.is(await read(here.messages), 'before')
    const again = board.hub({ identity: alice.identity })
    const after = await again.hub.dial(bob.id, { staticKey: pinned ? bob.identity.staticKey.publicKey : undefined })
    await after.send(1n, bytes('after'))
    t.is(await read(here.messages), 'after')
    await here.send(1n, bytes('and back'))
    t.is(await read(after.messages), 'and back')
  }
})

test('closed at one side and dialled again', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  const [before, here] = await Promise.all([alice.hub.dial(bob.id), first(bob.hub.incoming)])
  before.close()
  await before.closed
  t.is(await codeOf(before.send(1n, bytes('x'))), 'ERR_SESSION_DESTROYED')
  await here.send(1n, bytes('into the void'))
  await idle()
  t.is(alice.end.unread.size, 0)
  const after = await alice.hub.dial(bob.id)
  t.not(after, before)
  await after.send(1n, bytes('again'))
  t.is(await read(here.messages), 'again')
  await here.send(1n, bytes('back'))
  t.is(await read(after.messages), 'back')
  t.deepEqual(await before.messages[Symbol.asyncIterator]().next(), { value: undefined, done: true })
})

test('messages under the old key that are on their way while a new one is agreed', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  const [, here] = await Promise.all([alice.hub.dial(bob.id), first(bob.hub.incoming)])
  board.relay = held => held.header.kind === KIND.handshake ? [held] : []
  const old = await alice.hub.dial(bob.id)
  await old.send(1n, bytes('old one'))
  await old.send(1n, bytes('old two'))
  const late = board.log.slice(-2)
  board.relay = honest
  board.put(late[0] as typeof board.log[0])
  const after = await board.hub({ identity: alice.identity }).hub.dial(bob.id)
  await after.send(1n, bytes('new'))
  board.put(late[1] as typeof board.log[0])
  t.is(await read(here.messages), 'old one')
  t.is(await read(here.messages), 'new')
  t.is(await read(here.messages), 'old two')
  await here.send(1n, bytes('back'))
  t.is(await read(after.messages), 'back')
})

test('an old greeting with a pinned key, sent again, disturbs nothing', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  const [there, here] = await Promise.all([alice.hub.dial(bob.id, { staticKey: bob.identity.staticKey.publicKey }), first(bob.hub.incoming)])
  const greeting = board.log[0] as typeof board.log[0]
  await there.send(1n, bytes('confirms'))
  t.is(await read(here.messages), 'confirms')
  const peer = here.peer
  for (let i = 0; i < 20; i++) board.put(greeting)
  await idle(20)
  t.is(here.peer, peer)
  await here.send(1n, bytes('still yours'))
  t.is(await read(there.messages), 'still yours')
  await there.send(1n, bytes('and mine'))
  t.is(await read(here.messages), 'and mine')
})

test('an old greeting alone gives a conversation that is not confirmed, and a dial looks for the peer', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  await alice.hub.dial(bob.id, { staticKey: bob.identity.staticKey.publicKey })
  const greeting = board.log[0] as typeof board.log[0]
  // both start again; what a relay kept is all that comes of alice
  const after = board.hub({ identity: bob.identity })
  board.relay = () => []
  board.put(greeting)
  const here = await first(after.hub.incoming)
  t.false(here.confirmed)
  board.relay = honest
  const again = board.hub({ identity: alice.identity })
  t.is(await after.hub.dial(alice.id), here)
  t.true(here.confirmed)
  const there = await first(again.hub.incoming)
  await here.send(1n, bytes('really you'))
  t.is(await read(there.messages), 'really you')
  await there.send(1n, bytes('yes'))
  t.is(await read(here.messages), 'yes')
})
