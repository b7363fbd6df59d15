/** Who reads the last message of a handshake says so; until then a dial waits, for that message can be lost. */
import test from 'ava'
import { compareUuid, NIL_UUID, uuidKey } from '../../lib/bytes/index.js'
import { encodeGreeting, newAttempt } from '../../lib/nova/greeting.js'
import { createIdentity, encodeRelayError, KIND, RELAY_CODES, type Identity } from '../../lib/nova/index.js'
import { deferred } from '../../lib/stream/index.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf } from '../support/sources.js'
import { bytes, first, honest, idle, read, settled, Switchboard, unconfirmed, type Held } from './switchboard.js'

/** Milliseconds of a handshake whose end a test waits for. */
const SHORT = { handshakeTimeout: 200 }
const [LOW, HIGH] = [createIdentity(), createIdentity()].sort((a, b) => compareUuid(a.id, b.id)) as [Identity, Identity]

const isLast = ({ header, body }: Held): boolean => header.kind === KIND.handshake && body[0] === 3
const isConfirmation = ({ header }: Held): boolean => header.kind === KIND.confirm

/** Loses every packet of a sort. */
function losing (what: (held: Held) => boolean): (held: Held) => Held[] {
  return held => what(held) ? [] : [held]
}

/** What the relay says of a packet that it has not passed on. */
function refusal (target: Uint8Array, kind: bigint, code: number): Uint8Array {
  return encodeRelayError({ code, target, kind, text: '' })
}

/** A dial comes through, and both speak. */
async function talk (t: { is: (a: unknown, b: unknown) => void }, from: ReturnType<Switchboard['hub']>, to: ReturnType<Switchboard['hub']>, known?: Awaited<ReturnType<typeof from.hub.dial>>): Promise<void> {
  const there = await from.hub.dial(to.id)
  await there.send(1n, bytes('hello'))
  const here = known ?? await first(to.hub.incoming)
  t.is(await read(here.messages), 'hello')
  await here.send(1n, bytes('and back'))
  t.is(await read(there.messages), 'and back')
}

test('a last message that is lost: the dial fails in time, and the next one greets anew', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub({ limits: SHORT }), board.hub({ limits: SHORT })]
  board.relay = losing(isLast)
  t.is(await codeOf(alice.hub.dial(bob.id)), 'ERR_PEER_TIMEOUT')
  t.false((await first(alice.hub.incoming)).confirmed)
  board.relay = honest
  await talk(t, alice, bob)
})

test('a last message that comes too late, for the answer has made way: the dial is told at once', async t => {
  const board = new Switchboard({ manual: true })
  const [alice, carol, bob] = [board.hub(), board.hub(), board.hub({ limits: { maxHandshakes: 1 } })]
  const step = async (from: { id: Uint8Array }): Promise<void> => {
    board.deliver(uuidKey(from.id))
    await idle()
  }
  const dial = codeOf(alice.hub.dial(bob.id))
  await step(alice)
  await step(bob)
  void codeOf(carol.hub.dial(bob.id))
  await step(carol)
  await step(alice)
  t.false(await settled(dial))
  // the answer to carol is in front of it
  await step(bob)
  await step(bob)
  t.is(await dial, 'ERR_PEER_REFUSED')
})

test('last messages of nothing are answered a few at a time: to send them costs nothing', async t => {
  const board = new Switchboard()
  const [bob, mallory] = [board.hub(), createIdentity()]
  board.plug(mallory.id)
  const last = encodeGreeting({ step: 3, attempt: newAttempt(), message: new Uint8Array(64) })
  for (let index = 0; index < 200; index++) {
    bob.end.arrive({ target: bob.id, source: mallory.id, kind: KIND.handshake }, last)
    await idle()
  }
  t.is(board.log.length, 32)
  await bob.hub.close()
})

for (const limits of [{ maxSessions: 1 }, { maxIncoming: 1 }]) {
  test(`two at once where there is room for one: ${Object.keys(limits).join()}`, async t => {
    const board = new Switchboard()
    const bob = board.hub({ limits })
    const codes = await Promise.all([board.hub(), board.hub()].map(({ hub }) => codeOf(hub.dial(bob.id))))
    t.deepEqual(codes.sort(), ['ERR_PEER_REFUSED', 'resolved'])
  })
}

test('a confirmation that is lost: the conversation stays, and is confirmed when the other side speaks', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub({ limits: SHORT }), board.hub()]
  board.relay = losing(isConfirmation)
  t.is(await codeOf(alice.hub.dial(bob.id)), 'ERR_PEER_TIMEOUT')
  const [there, here] = await Promise.all([first(alice.hub.incoming), first(bob.hub.incoming)])
  t.deepEqual([there.confirmed, here.confirmed], [false, true])
  await here.send(1n, bytes('are you there?'))
  t.is(await read(there.messages), 'are you there?')
  t.true(there.confirmed)
  const packets = board.log.length
  t.is(await alice.hub.dial(bob.id), there)
  t.is(board.log.length, packets)
  await there.send(1n, bytes('yes'))
  t.is(await read(here.messages), 'yes')
})

test('a message of the other side while a second dial waits is as good as its confirmation', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  board.relay = losing(isConfirmation)
  const there = await unconfirmed(board, alice, bob.id)
  const here = await first(bob.hub.incoming)
  const dial = alice.hub.dial(bob.id)
  t.false(await settled(dial))
  await here.send(1n, bytes('under the second keys'))
  t.is(await read(there.messages), 'under the second keys')
  t.is(await dial, there)
})

test('a confirmation that the relay refuses as too much ends nothing, not even a greeting that is being answered', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  const refuse = (): void => { bob.end.arrive({ target: NIL_UUID, source: NIL_UUID, kind: KIND.error }, refusal(alice.id, KIND.confirm, RELAY_CODES.limit)) }
  board.relay = losing(isConfirmation)
  await unconfirmed(board, alice, bob.id)
  const here = await first(bob.hub.incoming)
  board.relay = held => {
    // it comes when the second answer is on its way
    if (held.header.kind === KIND.handshake && held.body[0] === 2) refuse()
    return [held]
  }
  await talk(t, alice, bob, here)
})

test('what is no confirmation confirms nothing', async t => {
  const board = new Switchboard()
  const [alice, bob, eve] = [board.hub(), board.hub(), board.hub()]
  await alice.hub.dial(eve.id)
  await alice.hub.dial(bob.id)
  const old = board.log.filter(isConfirmation)
  // alice begins again
  const again = board.hub({ identity: alice.identity })
  board.relay = losing(isConfirmation)
  const dial = again.hub.dial(bob.id)
  t.false(await settled(dial))
  const [ours] = board.log.filter(isConfirmation).slice(-1) as [Held]
  const flipped = ours.body.map((byte, at) => at === ours.body.byteLength - 1 ? byte ^ 1 : byte)
  const forged = [...old.map(({ body }) => body), flipped, ours.body.subarray(0, -1), new Uint8Array(0), new Uint8Array(60)]
  for (const body of forged) board.put({ ...ours, body })
  // theirs to us, under another kind and by another sender
  board.put({ ...ours, header: { ...ours.header, source: eve.id } })
  t.false(await settled(dial))
  t.is(again.end.unread.size, 0)
  board.put(ours)
  t.true((await dial).confirmed)
  // once only
  board.put(ours)
  await idle()
  t.is(again.end.unread.size, 0)
})

test('a dial that is aborted while it waits: its conversation is there, and one of two takes nothing from the other', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  board.relay = losing(isConfirmation)
  const there = await unconfirmed(board, alice, bob.id)
  board.relay = honest
  board.put(board.log.filter(isConfirmation)[0] as Held)
  await idle()
  t.true(there.confirmed)
  t.is(await alice.hub.dial(bob.id), there)

  const carol = board.hub()
  board.relay = losing(isConfirmation)
  const stop = new AbortController()
  const dials = [carol.hub.dial(bob.id, { signal: stop.signal }), carol.hub.dial(bob.id)]
  t.false(await settled(Promise.race(dials)))
  stop.abort(new Error('stopped'))
  t.is(await codeOf(dials[0] as Promise<unknown>), 'stopped')
  board.put(board.log.filter(isConfirmation).slice(-1)[0] as Held)
  t.true((await dials[1])?.confirmed)
  t.false(await settled(first(carol.hub.incoming)))
})

test('the other side greets while a dial waits: its greeting brings the keys', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  board.relay = losing(isLast)
  const dial = alice.hub.dial(bob.id)
  t.false(await settled(dial))
  board.relay = honest
  // bob has begun again, and knows of nothing
  const [there, here] = await Promise.all([dial, board.hub({ identity: bob.identity }).hub.dial(alice.id)])
  await there.send(1n, bytes('hello'))
  t.is(await read(here.messages), 'hello')
  await here.send(1n, bytes('and back'))
  t.is(await read(there.messages), 'and back')
})

test('an old greeting with a pinned key ends no dial', async t => {
  const board = new Switchboard()
  const [low, high] = [board.hub({ identity: LOW }), board.hub({ identity: HIGH })]
  await low.hub.dial(high.id, { staticKey: HIGH.staticKey.publicKey })
  const [greeting] = board.log as [Held]
  const again = board.hub({ identity: HIGH, limits: SHORT })
  board.relay = () => []
  const dial = codeOf(again.hub.dial(low.id))
  board.put(greeting)
  t.is(await dial, 'ERR_PEER_TIMEOUT')
})

test('a no to an attempt that was given up does not end the next one', async t => {
  const board = new Switchboard()
  const verdicts = [deferred<boolean>(), deferred<boolean>()]
  const [alice, bob] = [board.hub(), board.hub({ verify: () => verdicts[asked++]?.promise ?? true })]
  let asked = 0
  const there = await unconfirmed(board, alice, bob.id)
  const dial = alice.hub.dial(bob.id)
  t.false(await settled(dial))
  verdicts[0]?.resolve(false)
  t.false(await settled(dial))
  t.is(board.log.filter(({ body, header }) => header.kind === KIND.handshake && body[0] === 0).length, 1)
  verdicts[1]?.resolve(true)
  t.is(await dial, there)
})

test('a last message that the relay refuses, or the link', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  board.relay = held => {
    if (!isLast(held)) return [held]
    alice.end.arrive({ target: NIL_UUID, source: NIL_UUID, kind: KIND.error }, refusal(bob.id, KIND.handshake, RELAY_CODES.limit))
    return []
  }
  t.is(await codeOf(alice.hub.dial(bob.id)), 'ERR_PEER_UNREACHABLE')
  t.false(await settled(first(alice.hub.incoming)))
  const carol = board.hub()
  const send = carol.end.send.bind(carol.end)
  carol.end.send = async (header, source) => {
    if (source instanceof Uint8Array && source[0] === 3) throw new Error('not sent')
    return send(header, source)
  }
  t.is(await codeOf(carol.hub.dial(bob.id)), 'not sent')
})

test.serial('a hub that is closed, and a link that fails, while a dial waits', async t => {
  const leaks = await leaksOf(async () => {
    const board = new Switchboard()
    const [alice, bob, carol] = [board.hub(), board.hub(), board.hub()]
    board.relay = losing(isConfirmation)
    const dials = [alice, carol].map(({ hub }) => hub.dial(bob.id))
    t.false(await settled(Promise.race(dials)))
    await alice.hub.close()
    t.is(await codeOf(dials[0] as Promise<unknown>), 'ERR_PEER_CLOSED')
    carol.end.abort(new Error('cable'))
    t.is(await codeOf(dials[1] as Promise<unknown>), 'cable')
    await bob.hub.close()
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})
