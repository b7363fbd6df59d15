import { deepEqual, equal, rejects } from 'node:assert/strict'
import { fromHex, toHex } from '../../lib/bytes/index.js'
import { Session, stack, type NovaLink, type RoutedPacket, type SeedStackOptions } from '../../lib/nova/index.js'
import { ByteQueue } from '../../lib/stream/index.js'
import { FLUSH } from '../../lib/zlib/index.js'
import { nextPacket } from '../../spec/nova/support.js'
import type { Case, CaseContext } from '../harness/peer.js'
import { contentOf, digestOf, digestOfAll } from './contents.js'
import { meet } from './meet.js'
import type { Content, Item, Job, Received, Route } from './job.js'
import { codeOrText, expected, headerOf, routeOf } from './ours.js'

const OUR_KEY = contentOf({ seed: 105, size: 32 })
const THEIR_KEY = contentOf({ seed: 106, size: 32 })
const SESSION_KEY = contentOf({ seed: 107, size: 32 })
export const OUR_ID = toHex(contentOf({ seed: 108, size: 16 }))
export const THEIR_ID = toHex(contentOf({ seed: 109, size: 16 }))
const HOP: SeedStackOptions = { profile: 'seed', key: { seal: OUR_KEY, open: THEIR_KEY } }
const THEIR_HOP: Job = { seal: toHex(THEIR_KEY), open: toHex(OUR_KEY) }

/** How ours sends and opens messages. */
type Form = 'bytes' | 'stream'

/** A message of either side. */
interface Message {
  readonly kind: string
  readonly contents: readonly Content[]
  readonly level?: number
}

const TEXT: Content = { seed: 1, size: 1_000_000, text: true }
const RANDOM: Content = { seed: 2, size: 1_000_000 }

/** Both sides send the same messages under the session's key, and each must have opened them all. */
async function bothWays (context: CaseContext, form: Form, messages: readonly Message[]): Promise<void> {
  const send = messages.map(({ kind, contents, level }): Item => ({
    header: { target: OUR_ID, source: THEIR_ID, kind },
    session: { ...(level === undefined ? {} : { level }), messages: [...contents] }
  }))
  const { ours, theirs } = await meet(context, { ...THEIR_HOP, layer: 'session', sessionKey: toHex(SESSION_KEY), send }, async connection => {
    const link = await stack(connection, HOP)
    const session = ourSession(link)
    const received = openAll(link, session, form)
    for (const message of messages) await sendOne(session, message, form)
    return finish(link, received)
  })
  equal(theirs.error, undefined)
  const whole = messages.map(({ kind, contents }) => ({ kind, digest: digestOf(Buffer.concat(contents.map(contentOf))) }))
  deepEqual(theirs.packets, whole.map(({ kind, digest }, index) => ({ nonce: index + 1, header: { target: THEIR_ID, source: OUR_ID, kind }, ...digest })))
  deepEqual(ours, whole.map(({ kind, digest }) => ({ header: { target: OUR_ID, source: THEIR_ID, kind }, ...digest })))
}

async function sendOne (session: Session, { kind, contents, level }: Message, form: Form): Promise<void> {
  if (form === 'bytes') return session.send(BigInt(kind), new Uint8Array(Buffer.concat(contents.map(contentOf))), { level })
  const parts = async function * (): AsyncGenerator<Uint8Array | typeof FLUSH> {
    for (const content of contents) {
      yield contentOf(content)
      yield FLUSH
    }
  }
  return session.send(BigInt(kind), parts(), { level })
}

export function ourSession (link: NovaLink, key: Uint8Array = SESSION_KEY): Session {
  return new Session({ link, self: fromHex(OUR_ID), peer: fromHex(THEIR_ID), key })
}

/** Opens what comes, one after another, and reports as the Go peer does. */
export async function openAll (link: NovaLink, session: Session, form: Form): Promise<Received[]> {
  const received: Received[] = []
  for await (const packet of link.source) received.push({ header: routeOf(packet.header), ...await openOne(session, packet, form) })
  return received
}

async function openOne (session: Session, packet: RoutedPacket, form: Form): Promise<Omit<Received, 'header'>> {
  try {
    return form === 'bytes' ? digestOf(await session.openBytes(packet)) : await digestOfAll(session.open(packet))
  } catch (error) {
    return { size: 0, sha256: '', error: codeOrText(error) }
  }
}

/** Ends the own direction and waits for theirs. */
export async function finish<T> (link: NovaLink, received: Promise<T>): Promise<T> {
  const [result] = await Promise.all([received, link.close()])
  return result
}

/** Routed packets both ways, without sessions. */
async function routedPackets (context: CaseContext): Promise<void> {
  const kinds = ['0', '1', '9007199254740993', '72623859790382856', '9223372036854775807', '9223372036854775808', '18446744073709551615']
  const ids = [OUR_ID, '00'.repeat(16), 'ff'.repeat(16), THEIR_ID]
  const routes = kinds.map((kind, index): Route => ({ kind, target: ids[index % 4] as string, source: ids[(index + 1) % 4] as string }))
  const contents = routes.map((_, index): Content => ({ seed: index, size: index === 3 ? 0 : index * 30_000 + 1 }))
  const send = routes.map((header, index): Item => ({ header, ...contents[index] }))
  const { ours, theirs } = await meet(context, { ...THEIR_HOP, layer: 'routed', send, inFlight: 3 }, async connection => {
    const link = await stack(connection, HOP)
    const received = (async () => {
      const reading: Array<Promise<Received>> = []
      for await (const { header, source } of link.source) reading.push(digestOfAll(source).then(digest => ({ header: routeOf(header), ...digest })))
      return Promise.all(reading)
    })()
    for (const [index, route] of routes.entries()) await link.send(headerOf(route), contentOf(contents[index] as Content))
    return finish(link, received)
  })
  const whole = expected(contents).map((digest, index) => ({ header: routes[index], ...digest }))
  equal(theirs.error, undefined)
  deepEqual(theirs.packets, whole.map((packet, index) => ({ nonce: index + 1, ...packet })))
  deepEqual(ours, whole)
}

/** A message is sent when the one before it has come back: nothing of it may be held back on either side, while both packets stay open. */
async function live (context: CaseContext): Promise<void> {
  const messages = Array.from({ length: 50 }, (_, seed) => contentOf({ seed, size: 1 + seed * 700, text: seed % 2 === 0 }))
  const echo: Route = { target: OUR_ID, source: THEIR_ID, kind: '5' }
  const { ours, theirs } = await meet(context, { ...THEIR_HOP, layer: 'session', sessionKey: toHex(SESSION_KEY), echo }, async connection => {
    const link = await stack(connection, HOP)
    const session = ourSession(link)
    const back = new ByteQueue()
    let pieces: AsyncIterator<Uint8Array> | undefined
    const talk = async function * (): AsyncGenerator<Uint8Array | typeof FLUSH> {
      for (const message of messages) {
        yield message
        yield FLUSH
        pieces ??= session.open(await nextPacket(link.source))
        for (const whole = back.length + message.byteLength; back.length < whole;) back.push((await pieces.next()).value as Uint8Array)
      }
    }
    await session.send(5n, talk())
    deepEqual(await pieces?.next(), { value: undefined, done: true })
    await link.close()
    return digestOf(back.takeJoined(back.length))
  })
  const whole = digestOf(Buffer.concat(messages))
  equal(theirs.error, undefined)
  deepEqual(ours, whole)
  deepEqual(theirs.packets, [{ nonce: 1, header: { target: THEIR_ID, source: OUR_ID, kind: '5' }, ...whole }])
}

/** A source of ours fails: its packet ends without a final chunk, theirs says so, and the next message is whole. */
async function cutShort (context: CaseContext): Promise<void> {
  const whole: Content = { seed: 12, size: 500 }
  const { theirs } = await meet(context, { ...THEIR_HOP, layer: 'session', sessionKey: toHex(SESSION_KEY) }, async connection => {
    const link = await stack(connection, HOP)
    const session = ourSession(link)
    const failing = async function * (): AsyncGenerator<Uint8Array> {
      yield contentOf(RANDOM)
      throw new Error('the disk is gone')
    }
    await rejects(session.send(1n, failing()), { message: 'the disk is gone' })
    await session.send(2n, contentOf(whole))
    await link.close()
  })
  equal(theirs.error, undefined)
  deepEqual(theirs.packets.map(({ error }) => error), ['no-final', undefined])
  deepEqual(theirs.packets.slice(1).map(({ size, sha256 }) => ({ size, sha256 })), expected([whole]))
}

/** Bodies that theirs makes and ours must refuse, with the code that it has to say. */
const BROKEN: Readonly<Record<string, string>> = {
  'empty body': 'ERR_SESSION_EMPTY',
  'cut in the base nonce': 'ERR_SESSION_TRUNCATED',
  'no chunk': 'ERR_SESSION_NO_FINAL',
  'no final chunk': 'ERR_SESSION_NO_FINAL',
  'cut in a chunk header': 'ERR_SESSION_TRUNCATED',
  'cut in a chunk': 'ERR_SESSION_TRUNCATED',
  'bytes after the final chunk': 'ERR_SESSION_TRAILING',
  'a chunk after the final chunk': 'ERR_SESSION_TRAILING',
  'chunks swapped': 'ERR_SESSION_AUTH',
  'final flag flipped': 'ERR_SESSION_AUTH',
  'final flag 2': 'ERR_SESSION_FINAL_FLAG',
  'ciphertext changed': 'ERR_SESSION_AUTH',
  'base nonce changed': 'ERR_SESSION_AUTH',
  'another key': 'ERR_SESSION_AUTH',
  'chunk too long': 'ERR_SESSION_CHUNK_SIZE',
  'chunk of 4 GiB': 'ERR_SESSION_CHUNK_SIZE',
  'chunk without room for its tag': 'ERR_SESSION_CHUNK_SIZE',
  'not zlib': 'ERR_ZLIB_DATA',
  'no zlib stream': 'ERR_ZLIB_TRUNCATED',
  'zlib stream damaged': 'ERR_ZLIB_DATA',
  'zlib checksum wrong': 'ERR_ZLIB_DATA',
  'zlib stream cut': 'ERR_ZLIB_TRUNCATED',
  'bytes after the zlib stream': 'ERR_ZLIB_TRAILING',
  'zlib dictionary': 'ERR_ZLIB_DICTIONARY'
}

async function refused (context: CaseContext, form: Form, broken: Readonly<Record<string, string>>): Promise<void> {
  const header = { target: OUR_ID, source: THEIR_ID, kind: '1' }
  const good: Item = { header, session: {}, seed: 1, size: 10 }
  const send = [...Object.keys(broken).map((name): Item => ({ header, session: { broken: name } })), good]
  const { ours, theirs } = await meet(context, { ...THEIR_HOP, layer: 'session', sessionKey: toHex(SESSION_KEY), send }, async connection => {
    const link = await stack(connection, HOP)
    return finish(link, openAll(link, ourSession(link), form))
  })
  equal(theirs.error, undefined)
  const names = [...Object.keys(broken), 'a whole one after them']
  deepEqual(Object.fromEntries(ours.map(({ error }, index) => [names[index], error])), { ...broken, 'a whole one after them': undefined })
}

const FORMS: readonly Form[] = ['bytes', 'stream']

export const SESSION_CASES: readonly Case[] = [
  { name: 'routed packets with every kind of header', portable: true, run: routedPackets },
  ...FORMS.flatMap((form): Case[] => [
    { name: `sessions of text, ${form}`, portable: true, run: context => bothWays(context, form, [{ kind: '1', contents: [TEXT] }]) },
    { name: `sessions of random bytes, ${form}`, portable: true, run: context => bothWays(context, form, [{ kind: '18446744073709551615', contents: [RANDOM] }]) },
    { name: `empty sessions, ${form}`, portable: true, run: context => bothWays(context, form, [{ kind: '0', contents: [] }, { kind: '0', contents: [{ seed: 1, size: 0 }] }]) },
    { name: `level 0 and level 9, ${form}`, portable: true, run: context => bothWays(context, form, [{ kind: '1', level: 0, contents: [TEXT] }, { kind: '2', level: 9, contents: [TEXT] }, { kind: '3', level: 0, contents: [RANDOM] }]) },
    { name: `sizes around a chunk, ${form}`, run: context => bothWays(context, form, [1, 65_535, 65_536, 65_537, 131_072].map(size => ({ kind: '1', level: 0, contents: [{ seed: 3, size }] }))) },
    { name: `messages flushed between each other, ${form}`, portable: true, run: context => bothWays(context, form, [{ kind: '1', contents: [TEXT, RANDOM, { seed: 9, size: 1 }, { seed: 8, size: 300, text: true }] }]) },
    { name: `200 messages, ${form}`, run: context => bothWays(context, form, Array.from({ length: 200 }, (_, seed): Message => ({ kind: String(seed), contents: [{ seed, size: seed * 37, text: seed % 2 === 0 }] }))) },
    { name: `broken sessions, each refused alone, ${form}`, portable: true, run: context => refused(context, form, BROKEN) }
  ]),
  { name: 'a session of 32 MiB in many chunks', run: context => bothWays(context, 'stream', [{ kind: '1', contents: [{ seed: 4, size: 33_554_432 }] }]) },
  { name: 'more than 64 MiB out of few bytes, refused', portable: true, run: context => refused(context, 'bytes', { 'too much output': 'ERR_ZLIB_OUTPUT_LIMIT' }) },
  { name: 'a live stream, echoed message by message', portable: true, run: live },
  { name: 'a source that fails in the middle of a message', portable: true, run: cutShort }
]
