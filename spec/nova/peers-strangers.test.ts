/** Strangers who greet, and what they can take from those who are expected. */
import test from 'ava'
import { randomUuid, uuidKey } from '../../lib/bytes/index.js'
import { createIdentity, KIND, peers, RESET_CODES, type MessagePacket, type PeersOptions } from '../../lib/nova/index.js'
import { encodeGreeting, newAttempt } from '../../lib/nova/greeting.js'
import { deferred } from '../../lib/stream/index.js'
import { codeOf } from '../support/sources.js'
import { bytes, first, idle, read, settled, Switchboard, unconfirmed, type End, type Held } from './switchboard.js'

/** Milliseconds of a handshake whose end a test waits for. */
const SHORT = { handshakeTimeout: 200 }

/** Handshake packets of a log that somebody sent. */
function greetingsOf (log: readonly Held[], id: Uint8Array): Held[] {
  return log.filter(({ from, header }) => header.kind === KIND.handshake && uuidKey(from) === uuidKey(id))
}

/** A greeting of XX that is answered. */
function firstMessage (): Uint8Array {
  const offer = new Uint8Array(45)
  offer.set(createIdentity().staticKey.publicKey)
  new DataView(offer.buffer).setUint8(32, 1)
  new DataView(offer.buffer).setUint32(37, 65_536)
  new DataView(offer.buffer).setUint32(41, 256)
  return encodeGreeting({ step: 1, attempt: newAttempt(), message: offer })
}

test('all come through who dial at once: none makes way for another one that is as honest', async t => {
  const board = new Switchboard({ manual: true })
  const bob = board.hub()
  const dials = Array.from({ length: 200 }, () => board.hub().hub.dial(bob.id))
  const sessions = Promise.all(dials)
  await idle()
  // each message of all of them before the next one of anybody
  while (board.waiting.length > 0) {
    for (const from of board.waiting) board.deliver(from)
    await idle()
  }
  for (const session of await sessions) void session.send(1n, bytes('hello'))
  await idle()
  while (board.waiting.length > 0) {
    for (const from of board.waiting) board.deliver(from)
    await idle()
  }
  for (let i = 0; i < dials.length; i++) t.is(await read((await first(bob.hub.incoming)).messages), 'hello')
})

test('who is not expected is answered a few at a time, then passed over unread; who is expected comes through', async t => {
  const board = new Switchboard()
  const friend = board.hub()
  const asked: string[] = []
  const bob = board.hub({
    expects: id => { asked.push(uuidKey(id)); return uuidKey(id) === uuidKey(friend.id) },
    verify: ({ id }) => uuidKey(id) === uuidKey(friend.id),
    limits: { maxUnexpected: 4, handshakeTimeout: 60_000 }
  })
  for (let i = 0; i < 6; i++) {
    const dial = board.hub({ limits: i < 2 ? {} : SHORT }).hub.dial(bob.id)
    // two messages of each: two of them learn that nobody talks to them, the others that nobody answers
    t.is(await codeOf(dial), i < 2 ? 'ERR_PEER_REFUSED' : 'ERR_PEER_TIMEOUT')
  }
  // an answer and a no for each of the two
  t.is(greetingsOf(board.log, bob.id).length, 4)
  t.is(bob.end.unread.size, 0)
  const [there, here] = await Promise.all([friend.hub.dial(bob.id), first(bob.hub.incoming)])
  await there.send(1n, bytes('hello'))
  t.is(await read(here.messages), 'hello')
  t.is(asked.length, 2 * 2 + 4 + 2)
})

test('a peer that is dialled is expected without asking', async t => {
  const board = new Switchboard()
  const bob = board.hub({ expects: () => false, limits: { ...SHORT, maxUnexpected: 1 } })
  for (let i = 0; i < 3; i++) void codeOf(board.hub({ limits: SHORT }).hub.dial(bob.id))
  await idle()
  const session = await bob.hub.dial(board.hub().id)
  t.true(session.confirmed)
})

test('what expects throws ends the link', async t => {
  const board = new Switchboard()
  const bob = board.hub({ expects: () => { throw new Error('callback') } })
  void codeOf(board.hub({ limits: SHORT }).hub.dial(bob.id))
  t.is(await codeOf(bob.hub.closed), 'callback')
})

/** A hub whose link is the test's: its packets say with what they were stopped. */
function hubOf (options: Partial<PeersOptions>): { hub: ReturnType<typeof peers>, board: Switchboard, end: End, put: (source: Uint8Array, kind: bigint, body?: Uint8Array) => Promise<number>, id: Uint8Array } {
  const board = new Switchboard()
  const identity = createIdentity()
  const end = board.plug(identity.id)
  const hub = peers(end, { verify: () => true, ...options, identity })
  /** A packet that begins with these bytes, or none, and never ends; resolves with the code that it is stopped with. */
  const put = (source: Uint8Array, kind: bigint, body: Uint8Array = new Uint8Array(0)): Promise<number> => new Promise(resolve => {
    let given = false
    const iterator: AsyncIterableIterator<Uint8Array> = {
      next: async () => {
        if (given) return new Promise(() => {})
        given = true
        return { value: body, done: false }
      },
      return: async () => {
        resolve(RESET_CODES.cancelled)
        return { value: undefined, done: true }
      },
      [Symbol.asyncIterator]: () => iterator
    }
    const packet: MessagePacket = { header: { target: identity.id, source, kind }, source: iterator, stop: resolve }
    void end.source.push(packet)
  })
  return { hub, board, end, put, id: identity.id }
}

test('greetings that never end: so many are read, the others are stopped, and so are all when the hub closes', async t => {
  const { hub, board, put, id } = hubOf({ limits: { maxGreetings: 3, maxPeerGreetings: 2 } })
  const eve = randomUuid()
  const ofEve = [1, 2, 3].map(() => put(eve, KIND.handshake))
  t.is(await Promise.race(ofEve), RESET_CODES.limit)
  t.false(await settled(Promise.race(ofEve.slice(1))))
  const others = [1, 2, 3].map(() => put(randomUuid(), KIND.handshake))
  t.deepEqual(await Promise.all(ofEve), [RESET_CODES.limit, RESET_CODES.limit, RESET_CODES.limit])
  t.false(await settled(Promise.race(others)))
  // a friend's is whole, and read at once; the oldest has made way for it
  const friend = board.hub()
  const [, here] = await Promise.all([friend.hub.dial(id), first(hub.incoming)])
  t.deepEqual(here.peer.id, friend.id)
  t.is(await Promise.race(others), RESET_CODES.limit)
  await hub.close()
  t.deepEqual(await Promise.all(others), [RESET_CODES.limit, RESET_CODES.cancelled, RESET_CODES.cancelled])
})

test('greetings that never end are stopped in time', async t => {
  const { hub, put } = hubOf({ limits: { handshakeTimeout: 5 } })
  t.is(await put(randomUuid(), KIND.handshake), RESET_CODES.stalled)
  await hub.close()
})

test('what strangers send before their handshakes are done is bounded for all of them together', async t => {
  const { hub, board, put, id } = hubOf({ limits: { maxUnverified: 6 } })
  const strangers = [randomUuid(), randomUuid()]
  const waiting: Array<Promise<number>> = []
  for (const [at, stranger] of strangers.entries()) {
    await board.plug(stranger).send({ target: id, source: stranger, kind: KIND.handshake }, firstMessage())
    await idle()
    // one that is under way, behind which packets wait, and does not end
    void put(stranger, KIND.handshake)
    for (let i = 0; i < 3 + at; i++) waiting.push(put(stranger, 1n, Uint8Array.of(1)))
  }
  // the second one has one too many for both, and most of them
  t.deepEqual(await Promise.all(waiting.slice(3)), [1, 2, 3, 4].map(() => RESET_CODES.cancelled))
  t.false(await settled(Promise.race(waiting.slice(0, 3))))
  const friend = board.hub()
  const [there, here] = await Promise.all([friend.hub.dial(id), first(hub.incoming)])
  await there.send(1n, bytes('hello'))
  t.is(await read(here.messages), 'hello')
  await hub.close()
})

test('what strangers send before their handshakes are done is bounded in bytes for all of them together', async t => {
  const { hub, board, put, id } = hubOf({ limits: { maxUnverifiedBytes: 10_000 } })
  const waiting: Array<Promise<number>> = []
  for (const size of [3000, 6000]) {
    const stranger = randomUuid()
    await board.plug(stranger).send({ target: id, source: stranger, kind: KIND.handshake }, firstMessage())
    await idle()
    void put(stranger, KIND.handshake)
    waiting.push(put(stranger, 1n, new Uint8Array(size)))
    await idle()
  }
  t.false(await settled(Promise.race(waiting)))
  const third = randomUuid()
  await board.plug(third).send({ target: id, source: third, kind: KIND.handshake }, firstMessage())
  await idle()
  void put(third, KIND.handshake)
  waiting.push(put(third, 1n, new Uint8Array(1000)))
  t.is(await waiting[1], RESET_CODES.cancelled)
  t.false(await settled(Promise.race([waiting[0], waiting[2]])))
  await hub.close()
})

for (const [what, limits, most] of [['of one peer', { maxMessages: 8 }, 8], ['in all', { maxUnverified: 8 }, 9]] as const) {
  test(`who has a conversation and greets anew without end holds up nobody: what waits is limited ${what}`, async t => {
    const { hub, board, put, id } = hubOf({ limits })
    const [friend, mallory] = [board.hub(), board.hub()]
    const [there, here] = await Promise.all([friend.hub.dial(id), first(hub.incoming)])
    const [hers, ours] = await Promise.all([mallory.hub.dial(id), first(hub.incoming)])
    await board.plug(mallory.id).send({ target: id, source: mallory.id, kind: KIND.handshake }, firstMessage())
    await idle()
    const greeting = put(mallory.id, KIND.handshake)
    await idle()
    for (let i = 1; i < most; i++) await hers.send(1n, bytes(`${i}`))
    t.false(await settled(greeting))
    await hers.send(1n, bytes(`${most}`))
    t.is(await greeting, RESET_CODES.limit)
    // nothing of hers is lost, and the link goes on
    for (let i = 1; i <= most; i++) t.is(await read(ours.messages), `${i}`)
    await there.send(1n, bytes('hello'))
    t.is(await read(here.messages), 'hello')
    await hub.close()
  })
}

test('nothing waits for the handshake of who is not expected', async t => {
  const asked = deferred()
  const { hub, board, put, id } = hubOf({ expects: () => false, verify: () => { asked.resolve(); return new Promise<boolean>(() => {}) } })
  const stranger = board.hub()
  await unconfirmed(board, stranger, id)
  await asked.promise
  t.true(await settled(put(stranger.id, 1n)))
  await hub.close()
})

test('a hub that is closing reads no more greetings', async t => {
  const { hub, end, put } = hubOf({})
  const closed = end.close.bind(end)
  const closing = deferred()
  end.close = () => closing.promise
  const over = hub.close()
  t.is(await put(randomUuid(), KIND.handshake), RESET_CODES.refused)
  await closed()
  closing.resolve()
  await over
})
