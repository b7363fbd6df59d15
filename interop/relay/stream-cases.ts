import { deepEqual, equal } from 'node:assert/strict'
import { RESET_CODES, resetError } from '../../lib/nova/index.js'
import type { Client, IncomingStream, PeerStream } from '../../lib/relay/index.js'
import { ignore } from '../../lib/stream/index.js'
import type { Case, CaseContext } from '../harness/peer.js'
import { contentOf, digestOf, digestOfAll } from '../nova/contents.js'
import { codeOrText } from '../nova/ours.js'
import type { Content, Exchanged, Received, Step } from './job.js'
import { allWell, done, HELLO, Meeting, theirId, uuidOf } from './meeting.js'

const CODES = Object.values(RESET_CODES)
const NAMES = Object.keys(RESET_CODES).map(name => `ERR_RESET_${name.toUpperCase()}`)
const LONG: Content = { seed: 21, size: 3_000_000 }

/** Accepts so many streams. */
async function accepting ({ streams }: Client, count: number, serve: (incoming: IncomingStream) => Promise<unknown>): Promise<void> {
  const served: Array<Promise<unknown>> = []
  for await (const incoming of streams) {
    served.push(serve(incoming))
    if (served.length === count) break
  }
  await Promise.all(served)
}

async function echo (stream: PeerStream): Promise<void> {
  await stream.sink(stream.source)
}

async function * piecesOf (bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 30_000) yield bytes.slice(at, at + 30_000)
}

/** They open so many at once; ours echoes each. */
async function theyOpen (context: CaseContext, count: number, size: number): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours()
    const steps: Step[] = [HELLO, { do: 'greet', to: ours.id, pattern: 'XX' }, { do: 'talk', to: ours.id, kind: '100', count, content: { seed: 30, size } }]
    const theirs = await meeting.theirs(1, { steps })
    const kinds: bigint[] = []
    await accepting(ours.client, count, async incoming => {
      kinds.push(incoming.kind)
      await echo(incoming.accept())
    })
    const report = await theirs.end()
    allWell(report)
    deepEqual(done<Exchanged[]>(report, 'talk'), Array.from({ length: count }, (_, index) => digestOf(contentOf({ seed: 30 + index, size }))))
    deepEqual(kinds.sort(), Array.from({ length: count }, (_, index) => 100n + BigInt(index)).sort())
  })
}

/** Ours opens so many at once; they echo each. */
async function weOpen (context: CaseContext, count: number, size: number): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours()
    const theirs = await meeting.theirs(1, { steps: [HELLO, { do: 'serve', count }] })
    await meeting.server.happened('connected', 2)
    const results = await Promise.all(Array.from({ length: count }, async (_, index) => {
      const stream = await ours.client.peer(uuidOf(theirs.id)).open(BigInt(100 + index))
      const writing = stream.sink(piecesOf(contentOf({ seed: 40 + index, size })))
      const result = await digestOfAll(stream.source)
      await writing
      return result
    }))
    deepEqual(results, Array.from({ length: count }, (_, index) => digestOf(contentOf({ seed: 40 + index, size }))))
    const report = await theirs.end()
    allWell(report)
    equal(done<{ kinds: string[] }>(report, 'serve').kinds.length, count)
  })
}

/** Each side once waits for the other's half-close before it sends anything. */
async function halfClose (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours()
    const answer: Content = { seed: 22, size: 70_000 }
    const steps: Step[] = [HELLO, { do: 'greet', to: ours.id, pattern: 'XX' }, { do: 'talk', to: ours.id, kind: '1', content: LONG }, { do: 'serve', mode: 'after', content: answer }]
    const theirs = await meeting.theirs(1, { steps })
    await accepting(ours.client, 1, async incoming => {
      const stream = incoming.accept()
      deepEqual(await digestOfAll(stream.source), digestOf(contentOf(LONG)))
      await stream.sink(piecesOf(contentOf(answer)))
    })
    const stream = await ours.client.peer(uuidOf(theirs.id)).open(2n)
    await stream.sink(piecesOf(contentOf(LONG)))
    deepEqual(await digestOfAll(stream.source), digestOf(contentOf(answer)))
    await stream.closed
    const report = await theirs.end()
    allWell(report)
    deepEqual(done<Exchanged[]>(report, 'talk')[0], digestOf(contentOf(answer)))
    deepEqual(done<{ streams: Exchanged[] }>(report, 'serve').streams[0], digestOf(contentOf(LONG)))
  })
}

/** Ours refuses and aborts with each code, and they do. */
async function resets (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours()
    const steps: Step[] = [
      HELLO,
      { do: 'greet', to: ours.id, pattern: 'XX' },
      ...CODES.map((code): Step => ({ do: 'talk', to: ours.id, kind: `${code}` })),
      ...CODES.map((code): Step => ({ do: 'talk', to: ours.id, kind: `${code}`, content: { seed: 1, size: 1000 } })),
      ...CODES.map((code): Step => ({ do: 'talk', to: ours.id, kind: `${code}`, content: { seed: 1, size: 1000 }, mode: 'abort', code })),
      ...CODES.map((code): Step => ({ do: 'serve', mode: 'refuse', code })),
      ...CODES.map((code): Step => ({ do: 'serve', mode: 'abort', code }))
    ]
    const theirs = await meeting.theirs(1, { steps })
    const streams = ours.client.streams[Symbol.asyncIterator]()
    const next = async (): Promise<IncomingStream> => (await streams.next()).value as IncomingStream
    for (const code of CODES) (await next()).refuse(code)
    for (const code of CODES) {
      const stream = (await next()).accept()
      stream.closed.catch(ignore)
      await stream.source[Symbol.asyncIterator]().next()
      stream.abort(resetError(code))
    }
    const aborted: string[] = []
    while (aborted.length < CODES.length) aborted.push(await failureOf((await next()).accept()))
    deepEqual(aborted, NAMES)
    const open = (): Promise<PeerStream> => ours.client.peer(uuidOf(theirs.id)).open(1n)
    const refused: string[] = []
    while (refused.length < CODES.length) refused.push(await open().then(() => 'accepted', codeOrText))
    // who opens takes "not wanted any more" for no
    deepEqual(refused, NAMES.map(name => name === 'ERR_RESET_CANCELLED' ? 'ERR_RESET_REFUSED' : name))
    const reset: string[] = []
    while (reset.length < CODES.length) {
      const stream = await open()
      stream.sink(endless()).catch(ignore)
      reset.push(await failureOf(stream))
    }
    deepEqual(reset, NAMES)
    const report = await theirs.end()
    const errors = CODES.map((_, index) => done<Exchanged[]>(report, 'talk', index)[0]?.error)
    deepEqual(errors, CODES.map(code => `stopped ${code}`))
    const told = CODES.map((_, index) => done<Exchanged[]>(report, 'talk', CODES.length + index)[0]?.error)
    deepEqual(told, CODES.map(code => `reset ${code}`))
    equal(report.error, undefined)
  })
}

/** What reading a stream fails with. */
async function failureOf (stream: PeerStream): Promise<string> {
  stream.closed.catch(ignore)
  return digestOfAll(stream.source).then(() => 'ended', codeOrText)
}

/** They want no more of what ours sends, and still send themselves. */
async function leaving (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours()
    const theirs = await meeting.theirs(1, { steps: [HELLO, { do: 'serve', mode: 'leave', code: RESET_CODES.cancelled, content: LONG }] })
    await meeting.server.happened('connected', 2)
    const stream = await ours.client.peer(uuidOf(theirs.id)).open(1n)
    const writing = stream.sink(endless()).then(() => 'ended', codeOrText)
    deepEqual(await digestOfAll(stream.source), digestOf(contentOf(LONG)))
    equal(await writing, 'ERR_RESET_CANCELLED')
    allWell(await theirs.end())
  })
}

async function * endless (): AsyncGenerator<Uint8Array> {
  for (let seed = 0; ; seed++) yield contentOf({ seed, size: 30_000 })
}

/** One stream that ours does not read holds up neither mail nor other streams nor pings. */
async function ourStall (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours()
    const steps: Step[] = [
      HELLO,
      { do: 'greet', to: ours.id, pattern: 'XX' },
      { do: 'talk', to: ours.id, kind: '1', content: { seed: 30, size: 8_000_000 }, background: true },
      { do: 'talk', to: ours.id, kind: '2', content: { seed: 31, size: 500_000 } },
      { do: 'ping' },
      { do: 'mail', to: ours.id, kind: '3', content: { seed: 32, size: 10 } }
    ]
    const theirs = await meeting.theirs(1, { steps })
    const messages = ours.client.messages[Symbol.asyncIterator]()
    await accepting(ours.client, 2, async incoming => {
      const stream = incoming.accept()
      if (incoming.kind === 1n) await messages.next()
      await echo(stream)
    })
    const report = await theirs.end()
    allWell(report)
    deepEqual(done<Exchanged[]>(report, 'talk'), [digestOf(contentOf({ seed: 30, size: 8_000_000 }))])
  })
}

/** One stream that they do not read holds up nothing else of ours. */
async function theirStall (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours()
    const conversing = await meeting.conversing()
    const theirs = await meeting.theirs(1, { steps: [HELLO, { do: 'serve', mode: 'stalled' }, { do: 'messages', count: 1 }] })
    await meeting.server.happened('connected', 3)
    const stream = await ours.client.peer(uuidOf(theirs.id)).open(1n)
    const writing = stream.sink(piecesOf(contentOf({ seed: 33, size: 8_000_000 })))
    const session = await conversing.peers.dial(uuidOf(theirs.id))
    await session.send(1n, contentOf({ seed: 34, size: 100_000 }))
    await writing
    equal((await digestOfAll(stream.source)).size, 0)
    const report = await theirs.end()
    allWell(report)
    deepEqual(done<{ streams: Exchanged[] }>(report, 'serve').streams, [digestOf(contentOf({ seed: 33, size: 8_000_000 }))])
    equal(done<Received[]>(report, 'messages')[0]?.sha256, digestOf(contentOf({ seed: 34, size: 100_000 })).sha256)
  })
}

/** Two Go clients at our relay. */
async function amongThem (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const second = await meeting.theirs(2, { steps: [HELLO, { do: 'serve', count: 8 }, { do: 'messages', count: 1 }] })
    await meeting.server.happened('connected')
    const first = await meeting.theirs(1, {
      steps: [
        HELLO,
        { do: 'greet', to: theirId(2), pattern: 'IK' },
        { do: 'talk', to: theirId(2), kind: '1', count: 8, content: { seed: 1, size: 300_000 } },
        { do: 'send', to: theirId(2), kind: '1', content: { seed: 1, size: 100 } }
      ]
    })
    allWell(await first.end())
    const report = await second.end()
    equal(done<{ kinds: string[] }>(report, 'serve').kinds.length, 8)
    done(report, 'messages')
    equal(report.error, undefined)
  })
}

/** Live streams between ours and theirs. */
export const STREAM_CASES: readonly Case[] = [
  { name: 'they open 64 streams at once', run: context => theyOpen(context, 64, 100_000) },
  { name: 'we open 64 streams at once', run: context => weOpen(context, 64, 100_000) },
  { name: 'they open a stream', portable: true, run: context => theyOpen(context, 1, 100_000) },
  { name: 'we open a stream', portable: true, run: context => weOpen(context, 1, 100_000) },
  { name: 'half-close, both ways', run: halfClose },
  { name: 'streams that are refused or reset, with each code', run: resets },
  { name: 'they stop reading and go on sending', run: leaving },
  { name: 'a stream that we do not read', run: ourStall },
  { name: 'a stream that they do not read', run: theirStall },
  { name: 'two of theirs', run: amongThem }
]
