import test from 'ava'
import { NIL_UUID } from '../../lib/bytes/index.js'
import { createIdentity, encodeRelayError, KIND, RELAY_CODES } from '../../lib/nova/index.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf } from '../support/sources.js'
import { bytes, first, idle, read, settled, Switchboard } from './switchboard.js'

/** Milliseconds of a handshake whose end a test waits for. */
const SHORT = { handshakeTimeout: 200 }

test('a peer that the server cannot reach', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  t.is(await codeOf(alice.hub.dial(createIdentity().id)), 'ERR_PEER_UNREACHABLE')
  const [there, here] = await Promise.all([alice.hub.dial(bob.id), first(bob.hub.incoming)])
  await here.send(1n, bytes('one'))
  await here.send(1n, bytes('two'))
  await idle()
  board.unplug(bob.id)
  await there.send(1n, bytes('anybody?'))
  await t.throwsAsync(there.closed, { code: 'ERR_PEER_UNREACHABLE' })
  t.is(await read(there.messages), 'one')
  t.is(await read(there.messages), 'two')
  t.is(await codeOf(read(there.messages)), 'ERR_PEER_UNREACHABLE')
  t.is(await codeOf(there.send(1n, bytes('x'))), 'ERR_PEER_UNREACHABLE')
  t.is(await codeOf(alice.hub.dial(bob.id)), 'ERR_PEER_UNREACHABLE')
  const again = board.hub({ identity: bob.identity })
  const after = await alice.hub.dial(bob.id)
  await after.send(1n, bytes('back'))
  t.is(await read((await first(again.hub.incoming)).messages), 'back')
})

test('what the server refuses as too much: a stream is lost by itself, a message or a greeting ends the conversation', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  const [there, here] = await Promise.all([alice.hub.dial(bob.id), first(bob.hub.incoming)])
  const refuse = async (kind: bigint, code: number): Promise<void> => {
    const body = encodeRelayError({ code, target: bob.id, kind, text: '' })
    alice.end.arrive({ target: NIL_UUID, source: NIL_UUID, kind: KIND.error }, body)
    await idle()
  }
  for (const kind of [KIND.stream, KIND.confirm]) await refuse(kind, RELAY_CODES.limit)
  t.false(await settled(there.closed))
  await there.send(1n, bytes('here all the same'))
  t.is(await read(here.messages), 'here all the same')
  let session = there
  for (const [kind, code] of [[1n, RELAY_CODES.limit], [KIND.handshake, RELAY_CODES.limit], [KIND.stream, RELAY_CODES.offline]] as const) {
    await refuse(kind, code)
    await t.throwsAsync(session.closed, { code: 'ERR_PEER_UNREACHABLE' })
    session = await alice.hub.dial(bob.id)
  }
})

test('a dial that is aborted: before, during, by one of two, after', async t => {
  const board = new Switchboard({ manual: true })
  const [alice, bob] = [board.hub(), board.hub()]
  t.is(await codeOf(alice.hub.dial(bob.id, { signal: AbortSignal.abort(new Error('before')) })), 'before')
  t.is(board.log.length, 0)
  const [one, two] = [new AbortController(), new AbortController()]
  const dials = [alice.hub.dial(bob.id, { signal: one.signal }), alice.hub.dial(bob.id, { signal: two.signal })]
  one.abort(new Error('one'))
  t.is(await codeOf(dials[0] as Promise<unknown>), 'one')
  t.false(await settled(dials[1] as Promise<unknown>))
  two.abort(new Error('two'))
  t.is(await codeOf(dials[1] as Promise<unknown>), 'two')
  // all have gone: the answer that still comes makes no conversation
  while (board.waiting.length > 0) {
    for (const from of board.waiting) board.deliver(from)
    await idle()
  }
  t.deepEqual(board.log.map(({ body }) => body[0]), [1, 2])
  const three = new AbortController()
  const dial = alice.hub.dial(bob.id, { signal: three.signal })
  await idle()
  while (board.waiting.length > 0) {
    for (const from of board.waiting) board.deliver(from)
    await idle()
  }
  const session = await dial
  three.abort()
  t.false(await settled(session.closed))
})

test.serial('close ends everything, and answers nobody any more', async t => {
  const leaks = await leaksOf(async () => {
    const board = new Switchboard()
    const [alice, bob] = [board.hub(), board.hub()]
    const [there, here] = await Promise.all([alice.hub.dial(bob.id), first(bob.hub.incoming)])
    await here.send(1n, bytes('unread'))
    await idle()
    board.relay = () => []
    const pending = alice.hub.dial(createIdentity().id)
    await alice.hub.close()
    t.is(await codeOf(pending), 'ERR_PEER_CLOSED')
    t.is(await codeOf(alice.hub.dial(bob.id)), 'ERR_PEER_CLOSED')
    t.is(await codeOf(there.send(1n, bytes('x'))), 'ERR_SESSION_DESTROYED')
    await Promise.all([there.closed, alice.hub.closed])
    t.is(alice.end.unread.size, 0)
    t.deepEqual(await alice.hub.incoming[Symbol.asyncIterator]().next(), { value: undefined, done: true })
    await bob.hub.close()
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

test.serial('a link that fails takes everything with it once, and what had come is still read', async t => {
  const leaks = await leaksOf(async () => {
    const board = new Switchboard()
    const [alice, bob] = [board.hub({ limits: { maxMessages: 2 } }), board.hub()]
    const [there, here] = await Promise.all([alice.hub.dial(bob.id), first(bob.hub.incoming)])
    // more than may wait: the hub is not reading when the link fails
    for (let i = 0; i < 5; i++) await here.send(1n, bytes(`line ${i}`))
    await idle()
    board.relay = () => []
    const pending = alice.hub.dial(createIdentity().id)
    const coming = first(alice.hub.incoming)
    await idle()
    alice.end.abort(new Error('cable'))
    t.is(await codeOf(pending), 'cable')
    t.is(await codeOf(coming), 'cable')
    t.is(await codeOf(there.closed), 'cable')
    for (let i = 0; i < 5; i++) t.is(await read(there.messages), `line ${i}`)
    t.is(await codeOf(read(there.messages)), 'cable')
    t.is(await codeOf(there.send(1n, bytes('x'))), 'cable')
    t.is(await codeOf(alice.hub.dial(bob.id)), 'cable')
    await bob.hub.close()
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

test('nobody takes messages: the link is not read on, and is when they are', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub({ limits: { maxMessages: 3 } })]
  const [there, here] = await Promise.all([alice.hub.dial(bob.id), first(bob.hub.incoming)])
  for (let i = 0; i < 10; i++) await there.send(1n, bytes(`line ${i}`))
  await idle()
  t.is(bob.end.source.length, 7)
  for (let i = 0; i < 10; i++) t.is(await read(here.messages), `line ${i}`)
  t.is(bob.end.source.length, 0)
})

test('messages that are dropped, and those whose reader has left, let go of the link', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub(), board.hub()]
  const [there, here] = await Promise.all([alice.hub.dial(bob.id), first(bob.hub.incoming)])
  for (let i = 0; i < 4; i++) await there.send(1n, bytes(`line ${i}`))
  await idle()
  t.is(bob.end.unread.size, 4)
  for await (const message of here.messages) {
    message.drop()
    break
  }
  await idle()
  t.is(bob.end.unread.size, 0)
  await there.send(1n, bytes('nobody listens'))
  await idle()
  t.is(bob.end.unread.size, 0)
  await here.send(1n, bytes('but I speak'))
  const message = await first(there.messages)
  t.is(alice.end.unread.size, 1)
  there.close()
  await t.throwsAsync(message.bytes(), { code: 'ERR_SESSION_DESTROYED' })
  t.is(alice.end.unread.size, 0)
})

test('nobody takes what others begin: greetings are left unanswered', async t => {
  const board = new Switchboard()
  const bob = board.hub({ limits: { maxIncoming: 2 } })
  for (let i = 0; i < 2; i++) await board.hub().hub.dial(bob.id)
  // a dial is through when its last message has left; bob has still to read it
  await idle()
  const late = board.hub({ limits: SHORT })
  t.is(await codeOf(late.hub.dial(bob.id)), 'ERR_PEER_TIMEOUT')
  // but its own dials work, also to those
  await bob.hub.dial(late.id)
  await first(bob.hub.incoming)
  await board.hub().hub.dial(bob.id)
  await idle()
  const waiting: Array<Promise<void>> = []
  for await (const session of bob.hub.incoming) {
    waiting.push(session.closed)
    break
  }
  t.is(await codeOf(board.hub({ limits: SHORT }).hub.dial(bob.id)), 'ERR_PEER_TIMEOUT')
})

test('as many conversations as are allowed', async t => {
  const board = new Switchboard()
  const bob = board.hub({ limits: { maxSessions: 2 } })
  const sessions = [await bob.hub.dial(board.hub().id), await bob.hub.dial(board.hub().id)]
  t.is(await codeOf(bob.hub.dial(board.hub().id)), 'ERR_PEER_LIMIT')
  t.is(await codeOf(board.hub({ limits: SHORT }).hub.dial(bob.id)), 'ERR_PEER_TIMEOUT')
  sessions[0]?.close()
  t.is((await bob.hub.dial(board.hub().id)).peer.id.byteLength, 16)
  t.throws(() => board.hub({ limits: { maxSessions: 0 } }), { code: 'ERR_LIMIT_OPTION' })
})

test('the server\'s own packets', async t => {
  const board = new Switchboard()
  const kinds: bigint[] = []
  const alice = board.hub({ onServerPacket: packet => { kinds.push(packet.header.kind); void packet.source[Symbol.asyncIterator]().return?.() } })
  const bob = board.hub()
  for (const end of [alice.end, bob.end]) {
    end.arrive({ target: NIL_UUID, source: NIL_UUID, kind: 77n }, bytes('x'))
    end.arrive({ target: NIL_UUID, source: NIL_UUID, kind: KIND.error }, bytes('no error packet'))
    end.arrive({ target: NIL_UUID, source: NIL_UUID, kind: KIND.error }, new Uint8Array(100_000))
  }
  await idle()
  t.deepEqual(kinds, [77n])
  t.is(alice.end.unread.size + bob.end.unread.size, 0)
  t.is((await alice.hub.dial(bob.id)).peer.id.byteLength, 16)
  // a callback that throws ends the link rather than leave it unread
  const carol = board.hub({ onServerPacket: () => { throw new Error('callback') } })
  carol.end.arrive({ target: NIL_UUID, source: NIL_UUID, kind: 77n }, bytes('x'))
  t.is(await codeOf(carol.hub.closed), 'callback')
})
