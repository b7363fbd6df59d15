import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { toHex } from '../../lib/bytes/index.js'
import { SeedHandshake, stack, type NovaLink, type SeedHandshakeOptions } from '../../lib/nova/index.js'
import { ignore } from '../../lib/stream/index.js'
import { collect, items } from '../../spec/support/sources.js'
import type { Case, CaseContext } from '../harness/peer.js'
import { contentOf, digestOfAll } from './contents.js'
import { meet } from './meet.js'
import type { Content, Job } from './job.js'
import { expected, headerOf } from './ours.js'
import { finish, openAll, ourSession, OUR_ID, THEIR_ID } from './session-cases.js'

type Role = SeedHandshakeOptions['role']

const SALT = contentOf({ seed: 110, size: 50 })
const INFO = 'an application of its own/v1'
const HELLO_KIND = '7'
const CONTENT: Content = { seed: 1, size: 100_000 }

/** The seed's handshake on the hop, then packets both ways under its key. */
async function onTheHop (context: CaseContext, role: Role, { own = false, obfuscate = false }: { own?: boolean, obfuscate?: boolean } = {}): Promise<void> {
  const hello: SeedHandshakeOptions = own ? { role, salt: () => SALT, info: new TextEncoder().encode(INFO) } : { role }
  const client = role === 'responder'
  const header = { target: OUR_ID, source: THEIR_ID, kind: '3' }
  const job: Job = { handshake: own ? { client, salt: toHex(SALT), info: INFO } : { client }, obfuscate, layer: 'routed', send: [{ header, ...CONTENT }] }
  const { ours, theirs } = await meet(context, job, async connection => {
    const link = await stack(connection, { profile: 'seed', hello, obfuscate })
    await link.send(headerOf(header), contentOf(CONTENT))
    const received = (async () => {
      const bodies: object[] = []
      for await (const { source } of link.source) bodies.push(await digestOfAll(source))
      return bodies
    })()
    return finish(link, received)
  })
  equal(theirs.error, undefined)
  deepEqual(ours, expected([CONTENT]))
  deepEqual(theirs.packets, [{ nonce: 1, header, ...expected([CONTENT])[0] }])
}

/** The handshake on the hop, the handshake between peers in routed packets under it, and a session under that. */
async function betweenPeers (context: CaseContext, role: Role): Promise<void> {
  const header = { target: OUR_ID, source: THEIR_ID, kind: '8' }
  const job: Job = {
    handshake: { client: role === 'responder' },
    layer: 'session',
    peerHello: { ...header, kind: HELLO_KIND },
    send: [{ header, session: {}, ...CONTENT }]
  }
  const { ours, theirs } = await meet(context, job, async connection => {
    const link = await stack(connection, { profile: 'seed', hello: { role } })
    const session = ourSession(link, await agreed(link))
    await session.send(8n, contentOf(CONTENT))
    return finish(link, openAll(link, session, 'bytes'))
  })
  equal(theirs.error, undefined)
  deepEqual(ours, [{ header, ...expected([CONTENT])[0] }])
  deepEqual(theirs.packets.map(({ size, sha256, error }) => ({ size, sha256, error })).at(-1), { ...expected([CONTENT])[0], error: undefined })
  equal(theirs.packets.length, 2)
}

/** The session's key, of a hello each way. */
async function agreed (link: NovaLink): Promise<Uint8Array> {
  const handshake = new SeedHandshake({ role: 'initiator', info: 'peer' })
  await link.send({ ...headerOf({ target: THEIR_ID, source: OUR_ID, kind: HELLO_KIND }) }, handshake.write())
  const { value: packet, done } = await link.source[Symbol.asyncIterator]().next()
  ok(done !== true && String(packet.header.kind) === HELLO_KIND)
  handshake.read(await collect(packet.source))
  return handshake.result().key
}

/** A hello that must be refused. */
async function refused (context: CaseContext, job: Job, code: string): Promise<void> {
  await meet(context, job, async connection => {
    connection.closed.catch(ignore)
    await rejects(stack(connection, { profile: 'seed', hello: { role: 'initiator' } }), { code })
  })
}

/** Theirs refuses a point of low order of ours. */
async function refusedByTheirs (context: CaseContext): Promise<void> {
  const { theirs } = await meet(context, { handshake: {} }, async connection => {
    const hello = Buffer.from(`4e4f564100000020000000010000000000${'00'.repeat(33)}`, 'hex')
    await connection.sink(items(new Uint8Array(hello)))
    await collect(connection.source)
  })
  equal(theirs.error, 'low-order')
}

const ROLES: readonly Role[] = ['initiator', 'responder']

export const HANDSHAKE_CASES: readonly Case[] = [
  ...ROLES.flatMap((role): Case[] => [
    { name: `the seed's handshake, ours as ${role}`, portable: true, run: context => onTheHop(context, role) },
    { name: `the seed's handshake with a salt and an info of their own, ours as ${role}`, portable: true, run: context => onTheHop(context, role, { own: true }) },
    { name: `the seed's handshake, then masked headers, ours as ${role}`, portable: true, run: context => onTheHop(context, role, { obfuscate: true }) },
    { name: `the seed's handshake on the hop and between peers, ours as ${role}`, portable: true, run: context => betweenPeers(context, role) }
  ]),
  { name: 'a hello of low order is refused by ours', portable: true, run: context => refused(context, { handshake: { low: true } }, 'ERR_HANDSHAKE_LOW_ORDER') },
  { name: 'a hello of low order is refused by theirs', run: refusedByTheirs },
  ...([
    ['a hello of 31 bytes', { size: 31 }, 'ERR_HANDSHAKE_MESSAGE'],
    ['a terminating hello', { size: 32, terminating: true }, 'ERR_PACKET_PROTOCOL'],
    ['a hello in packet 1', { size: 32, packetNonce: 1 }, 'ERR_PACKET_PROTOCOL'],
    ['a hello in frame 2', { size: 32, frameNonce: 2 }, 'ERR_PACKET_PROTOCOL'],
    ['a hello that says it is encrypted', { size: 32, header: '4e4f564100000020000000010000000000' + '01' }, 'ERR_PACKET_PROTOCOL']
  ] as const).map(([name, frame, code]): Case => ({
    name: `${name} is refused by ours`,
    run: context => refused(context, { frames: [{ packetNonce: 0, frameNonce: 1, ...frame }] }, code)
  }))
]
