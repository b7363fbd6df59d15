import { deepEqual, equal, match } from 'node:assert/strict'
import { toHex } from '../../lib/bytes/index.js'
import { identityFromSeed } from '../../lib/nova/index.js'
import { HushwireError } from '../../lib/stream/index.js'
import type { Case, CaseContext } from '../harness/peer.js'
import { contentOf, digestOf } from '../nova/contents.js'
import type { Step } from './job.js'
import { allWell, done, failure, HELLO, Meeting, seedOf, theirId, uuidOf } from './meeting.js'
import { take } from './mail-cases.js'

/** The window to the last byte, of a packet that nobody has read yet; its end needs no credit. */
async function exactly (context: CaseContext, window: number): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const raw = await meeting.raw({ offer: { window } })
    const theirs = await meeting.theirs(1, { steps: [HELLO, { do: 'fill', to: toHex(raw.id), kind: '5' }, { do: 'ping' }, { do: 'lookup', to: toHex(raw.id) }] })
    const report = await theirs.end()
    allWell(report)
    equal(done(report, 'fill'), 65_536)
    const { value: packet } = await raw.packets.next()
    let size = 0
    for await (const piece of packet?.source ?? []) size += piece.byteLength
    equal(size, 65_536 - 44)
  })
}

/** What must end the link at once, and with which code of ours. */
async function cheating (context: CaseContext, steps: (to: string) => Step[], code: string): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const raw = await meeting.raw()
    const report = await (await meeting.theirs(1, { steps: [HELLO, ...steps(toHex(raw.id))] })).end()
    if (report.error === undefined) throw new Error('the link has gone on')
    const { error } = await meeting.server.happened('disconnected')
    equal(error instanceof HushwireError ? error.code : error, code)
  })
}

/** As many requests as may begin stay open, and one more waits until they are over. */
async function exhausted (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const report = await (await meeting.theirs(1, { steps: [HELLO, { do: 'exhaust', to: theirId(1) }] })).end()
    allWell(report)
    const { began, waited } = done<{ began: number, waited: boolean }>(report, 'exhaust')
    equal(waited, true)
    equal(began >= 128, true)
  })
}

/** They offer room for so many packets, and so many more answers come all the same, as they give packets back. */
async function fewPackets (context: CaseContext, maxPackets: number): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const lookups = Array.from({ length: 40 }, (): Step => ({ do: 'lookup', to: theirId(1), background: true }))
    allWell(await (await meeting.theirs(1, { maxPackets, window: 256, steps: [HELLO, ...lookups] })).end())
  })
}

/** Drain: mail that was half there is finished and answered, what comes later is not taken. */
async function drain (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const content = { seed: 51, size: 400_000 }
    const theirs = await meeting.theirs(1, {
      steps: [HELLO, { do: 'publish', oneTime: 1 }, { do: 'mail', to: theirId(1), kind: '1', content, pause: 'goaway', code: 2 }, { do: 'lookup', to: theirId(1) }]
    })
    await halfThere(meeting)
    await meeting.server.relay.drain()
    const report = await theirs.end()
    equal(done<{ duplicate: boolean }>(report, 'mail').duplicate, false)
    match(failure(report, 'lookup'), /^goaway|status 13/)
    equal(report.goaways.includes(2), true)
    equal(report.error, undefined)
  })
}

/** Until the relay has begun to store what they send. */
async function halfThere ({ server }: Meeting): Promise<void> {
  while ((await server.relay.mailbox.usage()).messages === 0) await new Promise(resolve => { setImmediate(resolve) })
}

/** A second connection of the same identity: the first hears goaway 3 and is cut. First both theirs, then ours takes over. */
async function takeover (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const first = await meeting.theirs(1, { steps: [HELLO, { do: 'goaway comes', code: 3 }, { do: 'end comes' }] })
    await meeting.server.happened('connected')
    const second = await meeting.theirs(1, { steps: [HELLO, { do: 'goaway comes', code: 3 }, { do: 'end comes' }] })
    const told = await first.end()
    done(told, 'goaway comes')
    deepEqual(told.goaways, [3])
    await meeting.server.happened('taken-over')
    await meeting.raw({ identity: identityFromSeed(seedOf(1)) })
    deepEqual((await second.end()).goaways, [3])
  })
}

/** They take our place. */
async function takenOver (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours({ identity: identityFromSeed(seedOf(1)) })
    const code = ours.client.closed.then(() => 'closed', (error: unknown) => error instanceof HushwireError ? error.code : String(error))
    const theirs = await meeting.theirs(1, { steps: [HELLO, { do: 'lookup', to: theirId(1) }] })
    allWell(await theirs.end())
    equal(await code, 'ERR_RELAY_TAKEN_OVER')
  })
}

/** They say goaway early: the link serves what there is, and ends in order. */
async function theirGoaway (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const report = await (await meeting.theirs(1, { steps: [HELLO, { do: 'lookup', to: theirId(1) }, { do: 'goaway', code: 2 }, { do: 'ping' }] })).end()
    allWell(report)
    equal((await meeting.server.happened('disconnected')).error, undefined)
  })
}

/** The relay hears nothing from who has not said hello but that. */
async function noHello (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const raw = await meeting.raw()
    const to = toHex(raw.id)
    const report = await (await meeting.theirs(1, { steps: [{ do: 'lookup', to }, { do: 'fill', to, kind: '5' }, { do: 'errors', count: 1 }, HELLO, { do: 'lookup', to }] })).end()
    equal(failure(report, 'lookup'), 'status 6')
    deepEqual(report.errors.map(({ code, target }) => ({ code, target })), [{ code: 6, target: to }])
    done(report, 'lookup', 1)
    equal(report.error, undefined)
  })
}

/** A whole conversation with everything in small pieces: mail over a window of 256 bytes, written byte by byte. */
async function dripping (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours()
    const content = { seed: 52, size: 20_000 }
    const theirs = await meeting.theirs(1, {
      drip: 1, window: 256, maxPackets: 2, rekeyEvery: 2,
      steps: [HELLO, { do: 'publish', oneTime: 2 }, { do: 'mail', to: ours.id, kind: '1', content }, { do: 'receive', count: 1 }]
    })
    equal((await take(ours.client.messages[Symbol.asyncIterator](), 1))[0]?.sha256, digestOf(contentOf(content)).sha256)
    await ours.client.peer(uuidOf(theirs.id)).send(1n, contentOf(content))
    const report = await theirs.end()
    allWell(report)
    equal(done<Array<{ sha256: string }>>(report, 'receive')[0]?.sha256, digestOf(contentOf(content)).sha256)
  })
}

/** Credit, goaway, and whose place it is. */
export const LINK_CASES: readonly Case[] = [
  { name: 'credit to the last byte', run: context => exactly(context, 65_536) },
  { name: 'credit to the last byte, by a small window of the target', run: context => exactly(context, 256) },
  { name: 'a byte more than the credit ends the link', run: context => cheating(context, to => [{ do: 'fill', to, kind: '5', broken: 'more' }], 'ERR_PACKET_CREDIT') },
  { name: 'a packet more than may begin ends the link', run: context => cheating(context, () => [{ do: 'too many packets' }], 'ERR_PACKET_CREDIT') },
  { name: 'packets to the last one that may begin', run: exhausted },
  { name: 'one packet at a time', run: context => fewPackets(context, 1) },
  { name: 'three packets at a time', run: context => fewPackets(context, 3) },
  { name: 'mail in small pieces, with rekeys', run: dripping },
  { name: 'the relay shuts down with mail under way', run: drain },
  { name: 'they say goaway early', run: theirGoaway },
  { name: 'taken over by theirs and by ours', run: takeover },
  { name: 'they take over ours', run: takenOver },
  { name: 'nothing before hello', run: noHello }
]
