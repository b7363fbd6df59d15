import { deepEqual, equal, match } from 'node:assert/strict'
import { toHex } from '../../lib/bytes/index.js'
import { encodeGreeting, readGreeting } from '../../lib/nova/greeting.js'
import { KIND, type PeerSession, type RoutedPacket } from '../../lib/nova/index.js'
import type { RelayClient } from '../../lib/relay/index.js'
import { HushwireError } from '../../lib/stream/index.js'
import type { Case, CaseContext } from '../harness/peer.js'
import { contentOf, digestOf } from '../nova/contents.js'
import type { Content, Received, Step } from './job.js'
import { allWell, done, failure, HELLO, Meeting, theirId, uuidOf } from './meeting.js'
import { bare } from './mail-cases.js'

const MESSAGES: readonly Content[] = [{ seed: 11, size: 0 }, { seed: 12, size: 1 }, { seed: 13, size: 70_000, text: true }, { seed: 14, size: 300_000 }, { seed: 15, size: 5_000_000 }]
const LAST_KIND = (2n ** 63n - 1n).toString()

function kindOf (index: number): string {
  return index === 0 ? LAST_KIND : `${index}`
}

function expectedFrom (from: string): Received[] {
  return MESSAGES.map((content, index) => ({ from, kind: kindOf(index), ...digestOf(contentOf(content)) }))
}

/** Messages as they come, each with the code of what it failed with. */
async function readAll (session: PeerSession, count: number): Promise<Received[]> {
  const received: Received[] = []
  for await (const { kind, bytes } of bound(session)) {
    const whole = await bytes().catch((error: unknown) => error)
    const message = { from: toHex(session.peer.id), kind: `${kind}` }
    received.push(whole instanceof Uint8Array ? { ...message, ...digestOf(whole) } : { ...message, size: 0, sha256: '', error: whole instanceof HushwireError ? whole.code : String(whole) })
    if (received.length === count) break
  }
  return received
}

async function * bound (session: PeerSession): AsyncGenerator<{ kind: bigint, bytes: () => Promise<Uint8Array> }> {
  for await (const message of session.messages) yield { kind: message.kind, bytes: () => message.bytes() }
}

async function sendMessages (session: PeerSession): Promise<void> {
  for (const [index, content] of MESSAGES.entries()) await session.send(BigInt(kindOf(index)), contentOf(content))
}

const sends = (to: string): Step[] => MESSAGES.map((content, index) => ({ do: 'send', to, kind: kindOf(index), content }))

async function incoming ({ peers }: RelayClient): Promise<PeerSession> {
  for await (const session of peers.incoming) return session
  throw new Error('nobody has come')
}

/** They begin, with either pattern; messages both ways, at once. */
async function theyBegin (context: CaseContext, pattern: 'XX' | 'IK'): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.conversing()
    const id = toHex(ours.identity.id)
    const theirs = await meeting.theirs(1, { steps: [HELLO, { do: 'greet', to: id, pattern }, ...sends(id), { do: 'messages', count: MESSAGES.length }, { do: 'greeted', to: id }] })
    const session = await incoming(ours)
    const received = readAll(session, MESSAGES.length)
    if (pattern === 'IK') await received
    await sendMessages(session)
    deepEqual(await received, expectedFrom(theirs.id))
    const report = await theirs.end()
    allWell(report)
    deepEqual(sorted(bare(done(report, 'messages'))), sorted(expectedFrom(id)))
    deepEqual(done(report, 'greeted'), { pattern, initiator: true })
  })
}

function sorted (received: Received[]): Received[] {
  return received.sort((a, b) => a.size - b.size)
}

/** We begin, with either pattern. */
async function weBegin (context: CaseContext, pattern: 'XX' | 'IK'): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.conversing()
    const id = toHex(ours.identity.id)
    const theirs = await meeting.theirs(1, { steps: [HELLO, { do: 'greeted', to: id }, ...sends(id), { do: 'messages', count: MESSAGES.length }] })
    await meeting.server.happened('connected', 2)
    const staticKey = pattern === 'IK' ? (await ours.lookup(uuidOf(theirs.id)))?.staticKey : undefined
    const session = await ours.peers.dial(uuidOf(theirs.id), { staticKey })
    const received = readAll(session, MESSAGES.length)
    await sendMessages(session)
    deepEqual(await received, expectedFrom(theirs.id))
    const report = await theirs.end()
    allWell(report)
    deepEqual(sorted(bare(done(report, 'messages'))), sorted(expectedFrom(id)))
    deepEqual(done(report, 'greeted'), { pattern, initiator: false })
  })
}

/** Both begin at once, many times; whoever has the lower id stays the initiator. */
async function bothBegin (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.conversing()
    const id = toHex(ours.identity.id)
    const steps: Step[] = [HELLO, { do: 'greet', to: id, pattern: 'XX' }, { do: 'send', to: id, kind: '1', content: { seed: 1, size: 5 } }, { do: 'messages', count: 1 }]
    const theirs = await meeting.theirs(1, { steps })
    await meeting.server.happened('connected', 2)
    const session = await ours.peers.dial(uuidOf(theirs.id))
    await session.send(1n, contentOf({ seed: 2, size: 5 }))
    equal((await readAll(session, 1))[0]?.sha256, digestOf(contentOf({ seed: 1, size: 5 })).sha256)
    allWell(await theirs.end())
  })
}

/** A second handshake in the same connection replaces the keys; what was begun under the old ones opens. */
async function again (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.conversing()
    const id = toHex(ours.identity.id)
    const message: Step = { do: 'send', to: id, kind: '1', content: { seed: 1, size: 100 } }
    const steps: Step[] = [HELLO, { do: 'greet', to: id, pattern: 'XX' }, message, { do: 'greet', to: id, pattern: 'IK' }, message, { do: 'greet', to: id, pattern: 'XX' }, message, { do: 'messages', count: 1 }]
    const theirs = await meeting.theirs(1, { steps })
    const session = await incoming(ours)
    equal((await readAll(session, 3)).filter(({ error }) => error === undefined).length, 3)
    await session.send(1n, new Uint8Array(0))
    allWell(await theirs.end())
  })
}

/** A handshake of which nothing comes: who sends its last message is told, by ours and by theirs. */
async function declined (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.conversing({ verifyPeer: () => false })
    const theirs = await meeting.theirs(1, { steps: [HELLO, { do: 'greet', to: toHex(ours.identity.id), pattern: 'XX' }] })
    match(failure(await theirs.end(), 'greet'), /declined/)
    const raw = await meeting.raw()
    // it is told of us when we leave, since it has answered us
    const other = await meeting.theirs(2, { steps: [HELLO, { do: 'errors', count: 1 }] })
    await meeting.server.happened('connected', 4)
    const attempt = new Uint8Array(8).fill(7)
    await raw.link.send({ target: uuidOf(other.id), source: raw.id, kind: KIND.handshake }, encodeGreeting({ step: 3, attempt, message: new Uint8Array(160) }))
    const { value } = await raw.packets.next()
    deepEqual(await readGreeting((value as RoutedPacket).source), { step: 0, attempt, message: new Uint8Array(0) })
    await raw.close()
    await other.end()
  })
}

/** Messages that do not open, or break off: ours says so of each, and reads on. */
async function broken (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.conversing()
    const id = toHex(ours.identity.id)
    const send: Step = { do: 'send', to: id, kind: '1', content: { seed: 1, size: 200_000 } }
    const resets = [0, 1, 2, 3, 4, 5, 6].map((code): Step => ({ ...send, mode: 'reset', code }))
    const theirs = await meeting.theirs(1, { steps: [HELLO, { do: 'greet', to: id, pattern: 'XX' }, { ...send, broken: 'bit' }, ...resets, send] })
    const received = await readAll(await incoming(ours), 9)
    const names = ['CANCELLED', 'FAILED', 'REFUSED', 'LIMIT', 'STALLED', 'GONE', 'SHUTDOWN'].map(name => `ERR_RESET_${name}`)
    deepEqual(received.map(({ error }) => error), ['ERR_SESSION_AUTH', ...names, undefined])
    await theirs.end()
  })
}

/** Greetings and messages to nobody, to who is known but away, and to somebody who takes none. */
async function nobody (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    allWell(await (await meeting.theirs(2, { steps: [HELLO] })).end())
    const unknown = '66'.repeat(16)
    const fill = (to: string): Step => ({ do: 'fill', to, kind: '5' })
    const report = await (await meeting.theirs(1, { steps: [HELLO, fill(unknown), { do: 'errors', count: 1 }, fill(theirId(2)), { do: 'errors', count: 2 }, { do: 'lookup', to: theirId(2) }] })).end()
    deepEqual(report.errors.map(({ code, target, kind }) => ({ code, target, kind })), [{ code: 1, target: unknown, kind: '5' }, { code: 11, target: theirId(2), kind: '5' }])
    equal(report.error, undefined)
    equal(done<{ online: boolean }>(report, 'lookup').online, false)
  })
}

/** Packets of kinds that nobody carries, to the relay and to a peer, and of another's source. */
async function notCarried (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const to = toHex((await meeting.raw()).id)
    const relay = '00'.repeat(16)
    const kinds = [0n, 2n, 3n, 5n, 6n, 8n, 9n, 1000n].map(low => `${2n ** 63n + low}`)
    const steps = [
      ...kinds.map((kind, index): Step[] => [{ do: 'fill', to, kind }, { do: 'errors', count: index + 1 }]),
      [{ do: 'fill', to, kind: '5', id: theirId(3) }, { do: 'errors', count: kinds.length + 1 }],
      [{ do: 'fill', to: relay, kind: '5' }, { do: 'errors', count: kinds.length + 2 }]
    ] satisfies Step[][]
    const report = await (await meeting.theirs(1, { steps: [HELLO, ...steps.flat(), { do: 'ping' }] })).end()
    deepEqual(report.errors.map(({ code, target, kind }) => ({ code, target, kind })), [
      ...kinds.map(kind => ({ code: 4, target: to, kind })),
      { code: 2, target: to, kind: '5' },
      { code: 4, target: relay, kind: '5' }
    ])
    equal(report.error, undefined)
  })
}

/** Who comes and goes. */
async function presence (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.conversing()
    const id = toHex(ours.identity.id)
    const steps: Step[] = [
      HELLO,
      { do: 'watch', ids: [id, theirId(2), '77'.repeat(16)] },
      { do: 'greet', to: id, pattern: 'XX' },
      { do: 'presence', to: theirId(2), online: true },
      { do: 'presence', to: theirId(2), online: false },
      { do: 'presence', to: id, online: false },
      { do: 'errors', count: 1 }
    ]
    const theirs = await meeting.theirs(1, { steps })
    await incoming(ours) // so the watch was answered
    allWell(await (await meeting.theirs(2, { steps: [HELLO] })).end())
    await meeting.server.happened('disconnected')
    await ours.close()
    const report = await theirs.end()
    deepEqual(done(report, 'watch'), [true, false, false])
    done(report, 'presence', 2)
    deepEqual(report.errors.map(({ code, target, kind }) => ({ code, target, kind })), [{ code: 3, target: id, kind: '0' }])
    equal(report.error, undefined)
  })
}

/** Live messages between ours and theirs. */
export const LIVE_CASES: readonly Case[] = [
  { name: 'they greet, XX: messages both ways', portable: true, run: context => theyBegin(context, 'XX') },
  { name: 'they greet, IK: messages both ways', run: context => theyBegin(context, 'IK') },
  { name: 'we greet, XX: messages both ways', run: context => weBegin(context, 'XX') },
  { name: 'we greet, IK: messages both ways', portable: true, run: context => weBegin(context, 'IK') },
  { name: 'both greet at once', run: bothBegin },
  { name: 'new keys in the middle', run: again },
  { name: 'a handshake of which nothing comes', portable: true, run: declined },
  { name: 'messages that do not open or break off, with each code', run: broken },
  { name: 'nobody there: unknown and away', run: nobody },
  { name: 'packets that the relay does not carry', run: notCarried },
  { name: 'presence', run: presence }
]
