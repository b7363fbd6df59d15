import test from 'ava'
import fc from 'fast-check'
import { randomUuid, uuidKey } from '../../lib/bytes/index.js'
import { createIdentity, KIND, type PeerSession, type Peers } from '../../lib/nova/index.js'
import { encodeGreeting, newAttempt } from '../../lib/nova/greeting.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf } from '../support/sources.js'
import { bytes, first, honest, idle, read, Switchboard, type Held } from '../nova/switchboard.js'

const [ALICE, BOB, EVE] = [createIdentity(), createIdentity(), createIdentity()]
const SHORT = { handshakeTimeout: 50 }
const CODES = /^(resolved|ERR_PEER_(TIMEOUT|REFUSED|UNREACHABLE)|ERR_HANDSHAKE_(MESSAGE|VERSION|OFFER|PEER|TURN|DESTROYED)|ERR_NOISE_\w+)$/

/** What a relay can do to a packet of a handshake. */
const deeds = {
  pass: honest,
  drop: () => [],
  double: held => [held, held],
  /** Back to who sent it, as if the other one had. */
  reflect: held => [{ ...held, header: { ...held.header, target: held.header.source, source: held.header.target } }],
  /** As if it came from somebody else. */
  rename: held => [{ ...held, header: { ...held.header, source: EVE.id } }],
  flip: held => [{ ...held, body: held.body.map((byte, at) => at === held.body.byteLength - 1 ? byte ^ 1 : byte) }],
  flipHead: held => [{ ...held, body: held.body.map((byte, at) => at === 12 ? byte ^ 1 : byte) }],
  cut: held => [{ ...held, body: held.body.subarray(0, 40) }],
  restep: held => [{ ...held, body: held.body.map((byte, at) => at === 0 ? (byte + 1) % 4 : byte) }],
  garbage: held => [{ ...held, body: encodeGreeting({ step: 1, attempt: newAttempt(), message: new Uint8Array(45).fill(7) }) }, held],
  unreachable: () => []
} satisfies Record<string, (held: Held) => Held[]>

test.serial('a relay that drops, doubles, reflects, renames and changes greetings, at every step: never a wrong peer, and always an end', async t => {
  const names = Object.keys(deeds) as Array<keyof typeof deeds>
  const plan = fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 8 })
  const leaks = await leaksOf(async () => {
    await fc.assert(fc.asyncProperty(plan, fc.boolean(), fc.boolean(), fc.boolean(), async (script, both, pinned, replay) => {
      const board = new Switchboard()
      const steps = [...script]
      const old: Held[] = []
      board.relay = held => {
        if (held.header.kind !== KIND.handshake && held.header.kind !== KIND.confirm) return [held]
        const deed = steps.shift() ?? 'pass'
        if (deed === 'unreachable') board.refuse(held.from, held.header)
        const put = [...deeds[deed](held), ...(replay ? old.slice(-1) : [])]
        old.push(held)
        return put
      }
      const options = { limits: SHORT }
      const [alice, bob] = [board.hub({ identity: ALICE, ...options }), board.hub({ identity: BOB, ...options })]
      board.hub({ identity: EVE, ...options })
      const dials = [alice.hub.dial(BOB.id, { staticKey: pinned ? BOB.staticKey.publicKey : undefined }), ...both ? [bob.hub.dial(ALICE.id)] : []]
      const outcomes = await Promise.allSettled(dials)
      for (const [at, outcome] of outcomes.entries()) {
        if (outcome.status === 'fulfilled') t.deepEqual(outcome.value.peer.id, at === 0 ? BOB.id : ALICE.id)
        else t.regex((outcome.reason as { code: string }).code, CODES)
      }
      // an honest relay from now on: what there was does not keep them from talking
      board.relay = honest
      let heard = false
      const hear = (text: string): void => { heard ||= text === 'after all' }
      for (const outcome of outcomes) if (outcome.status === 'fulfilled') void listen(outcome.value, hear)
      void listenAll(bob.hub, hear)
      while (!heard) {
        const session = await alice.hub.dial(BOB.id).catch(() => undefined)
        // what said that the peer is unreachable may have been under way still
        await session?.send(1n, bytes('after all')).catch(passOver)
        await idle(10)
        session?.close()
      }
      t.true(heard)
      await Promise.all([alice.hub.close(), bob.hub.close()])
    }), { numRuns: 60, endOnFailure: true })
  })
  t.deepEqual(leaks.rejections, [])
})

/** Hears what opens of a conversation. */
async function listen ({ messages }: PeerSession, hear: (text: string) => void): Promise<void> {
  try {
    for await (const message of messages) hear(new TextDecoder().decode(await message.bytes().catch(() => undefined)))
  } catch (error) {
    passOver(error)
  }
}

/** The peer was said to be unreachable. */
function passOver (error: unknown): void {
  if ((error as { code?: string }).code !== 'ERR_PEER_UNREACHABLE') throw error
}

async function listenAll (hub: Peers, hear: (text: string) => void): Promise<void> {
  for await (const session of hub.incoming) void listen(session, hear)
}

test('a relay that loses, doubles and changes packets of a handshake: what a dial gives, the other side has', async t => {
  const names = (Object.keys(deeds) as Array<keyof typeof deeds>).filter(name => name !== 'unreachable')
  const plan = fc.array(fc.constantFrom('pass' as const, ...names), { minLength: 1, maxLength: 10 })
  await fc.assert(fc.asyncProperty(plan, fc.boolean(), fc.boolean(), async (script, both, pinned) => {
    const board = new Switchboard()
    const steps = [...script]
    board.relay = held => held.header.kind === KIND.handshake || held.header.kind === KIND.confirm ? deeds[steps.shift() ?? 'pass'](held) : [held]
    const [alice, bob] = [board.hub({ identity: ALICE, limits: SHORT }), board.hub({ identity: BOB, limits: SHORT })]
    board.hub({ identity: EVE, limits: SHORT })
    const heard: string[] = []
    const sides = [alice, bob]
    for (const { hub } of sides) void listenAll(hub, text => { heard.push(text) })
    const dials = [alice.hub.dial(BOB.id, { staticKey: pinned ? BOB.staticKey.publicKey : undefined }), ...both ? [bob.hub.dial(ALICE.id)] : []]
    const outcomes = await Promise.allSettled(dials)
    board.relay = honest
    for (const [at, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') continue
      void listen(outcome.value, text => { heard.push(text) })
      await outcome.value.send(1n, bytes(`of ${at}`))
    }
    await idle(20)
    t.is(heard.length, outcomes.filter(({ status }) => status === 'fulfilled').length)
    await Promise.all(sides.map(({ hub }) => hub.close()))
  }), { numRuns: 100, endOnFailure: true })
})

test('a relay that lets another one answer: the identity is not the one that was dialled', async t => {
  for (const staticKey of [undefined, EVE.staticKey.publicKey]) {
    const board = new Switchboard()
    const alice = board.hub({ identity: ALICE, limits: SHORT })
    // eve answers as she would if she were bob: her own keys under his name
    const eve = board.hub({ identity: { ...EVE, id: BOB.id, staticKey: EVE.staticKey, proof: EVE.proof, sign: EVE.sign.bind(EVE), exportPrivate: () => new Uint8Array(0), destroy: () => {} } })
    t.is(await codeOf(alice.hub.dial(BOB.id, { staticKey })), 'ERR_HANDSHAKE_PEER')
    await Promise.all([alice.hub.close(), eve.hub.close()])
  }
})

test('a relay that sends a greeting on to somebody else', async t => {
  const board = new Switchboard()
  const [alice, eve] = [board.hub({ identity: ALICE, limits: SHORT }), board.hub({ identity: EVE })]
  board.relay = held => [{ ...held, header: uuidKey(held.header.target) === uuidKey(BOB.id) ? { ...held.header, target: EVE.id } : { ...held.header, source: BOB.id } }]
  t.regex(await codeOf(alice.hub.dial(BOB.id)), /^ERR_(NOISE_AUTH|PEER_TIMEOUT)$/)
  await Promise.all([alice.hub.close(), eve.hub.close()])
})

test('messages dropped, doubled, swapped, changed, sent back or put under another name', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub({ identity: ALICE }), board.hub({ identity: BOB })]
  const [there, here] = await Promise.all([alice.hub.dial(BOB.id), first(bob.hub.incoming)])
  const start = board.log.length
  board.relay = () => []
  for (const text of ['one', 'two', 'three']) await there.send(1n, bytes(text))
  const [one, two, three] = board.log.slice(start) as [Held, Held, Held]
  const put = async (held: Held): Promise<string> => {
    board.put(held)
    return read(here.messages).catch((error: { code: string }) => error.code)
  }
  t.is(await put(two), 'two')
  t.is(await put(two), 'ERR_SESSION_REPLAYED')
  t.is(await put({ ...one, header: { ...one.header, kind: 2n } }), 'ERR_SESSION_AUTH')
  t.is(await put({ ...one, body: one.body.map((byte, at) => at === 40 ? byte ^ 1 : byte) }), 'ERR_SESSION_AUTH')
  t.is(await put({ ...one, body: one.body.subarray(0, -1) }), 'ERR_SESSION_TRUNCATED')
  t.is(await put({ ...one, body: new Uint8Array(0) }), 'ERR_SESSION_EMPTY')
  t.is(await put(one), 'one')
  board.put({ ...three, header: { ...three.header, target: ALICE.id, source: BOB.id } })
  t.is(await codeOf(read(there.messages)), 'ERR_SESSION_UNKNOWN_KEY')
  board.put({ ...three, header: { ...three.header, source: EVE.id } })
  await idle()
  t.is(bob.end.unread.size, 0)
  t.is(await put(three), 'three')
})

test.serial('a flood of greetings that go no further: friends and own dials come through', async t => {
  const leaks = await leaksOf(async () => {
    const board = new Switchboard()
    const bob = board.hub({ identity: BOB, limits: { maxHandshakes: 4 } })
    const [alice, eve] = [board.hub({ identity: ALICE }), board.hub({ identity: EVE })]
    const flood = (): void => {
      for (let i = 0; i < 50; i++) {
        const body = encodeGreeting({ step: 1, attempt: newAttempt(), message: firstMessage() })
        bob.end.arrive({ target: BOB.id, source: randomUuid(), kind: KIND.handshake }, body)
      }
    }
    flood()
    await idle()
    t.is(bob.end.unread.size, 0)
    const [there, here] = await Promise.all([alice.hub.dial(BOB.id), first(bob.hub.incoming)])
    flood()
    await there.send(1n, bytes('hello'))
    t.is(await read(here.messages), 'hello')
    t.deepEqual((await bob.hub.dial(EVE.id)).peer.id, EVE.id)
    await Promise.all([alice.hub.close(), eve.hub.close(), bob.hub.close()])
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

/** Of XX: an ephemeral key, and the offer in the clear. */
function firstMessage (): Uint8Array {
  const message = new Uint8Array(45)
  message.set(createIdentity().staticKey.publicKey)
  const view = new DataView(message.buffer)
  view.setUint8(32, 1)
  view.setUint32(37, 65_536)
  view.setUint32(41, 256)
  return message
}

test('a peer that begins anew again and again does not keep a dial from its end', async t => {
  const board = new Switchboard()
  const alice = board.hub({ identity: ALICE, limits: SHORT })
  board.relay = () => []
  let over = false
  const dial = codeOf(alice.hub.dial(BOB.id)).finally(() => { over = true })
  while (!over) {
    alice.end.arrive({ target: ALICE.id, source: BOB.id, kind: KIND.handshake }, encodeGreeting({ step: 1, attempt: newAttempt(), message: firstMessage() }))
    await idle(1)
  }
  t.is(await dial, 'ERR_PEER_TIMEOUT')
  await alice.hub.close()
})

test('any bytes as greetings, from anybody, at any time', async t => {
  const board = new Switchboard()
  const [alice, bob] = [board.hub({ identity: ALICE, limits: SHORT }), board.hub({ identity: BOB, limits: SHORT })]
  const noise = fc.uint8Array({ maxLength: 260 })
  const stepped = fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom(0, 36, 45, 157, 160, 205)).map(([step, length]) => encodeGreeting({ step, attempt: newAttempt(), message: new Uint8Array(length).fill(9) }))
  await fc.assert(fc.asyncProperty(fc.oneof(noise, stepped), fc.constantFrom(ALICE.id, BOB.id, EVE.id, new Uint8Array(16)), async (body, source) => {
    bob.end.arrive({ target: BOB.id, source, kind: KIND.handshake }, body)
    await idle(1)
    return bob.end.unread.size === 0
  }), { numRuns: 200 })
  bob.end.arrive({ target: BOB.id, source: EVE.id, kind: KIND.handshake }, new Uint8Array(1_000_000))
  await idle()
  t.is(bob.end.unread.size, 0)
  const [there, here] = await Promise.all([alice.hub.dial(BOB.id), first(bob.hub.incoming)])
  await there.send(1n, bytes('hello'))
  t.is(await read(here.messages), 'hello')
  await Promise.all([alice.hub.close(), bob.hub.close()])
})
