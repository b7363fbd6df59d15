import { deepEqual, equal } from 'node:assert/strict'
import { toHex } from '../../lib/bytes/index.js'
import { createIdentity } from '../../lib/nova/index.js'
import type { ClientMessage } from '../../lib/relay/index.js'
import { memoryStore } from '../../lib/store/index.js'
import type { Case, CaseContext } from '../harness/peer.js'
import { contentOf, digestOf } from '../nova/contents.js'
import type { Content, Received, Step } from './job.js'
import { allWell, done, failure, HELLO, Meeting, theirId, uuidOf, type Ours } from './meeting.js'

const SIZES: readonly Content[] = [
  { seed: 1, size: 0 }, { seed: 2, size: 1 }, { seed: 3, size: 65_536 }, { seed: 4, size: 1_000_000, text: true }, { seed: 5, size: 200_001 }, { seed: 6, size: 8_388_608 }
]
const SMALL = SIZES.slice(0, 3)

/** The next mail of ours, as theirs reports it. */
export async function take (messages: AsyncIterator<ClientMessage>, count: number): Promise<Received[]> {
  const received: Received[] = []
  while (received.length < count) {
    const { value } = await messages.next() as { value: ClientMessage }
    received.push({ from: toHex(value.from.id), kind: `${value.kind}`, ...digestOf(value.bytes) })
    await value.taken()
  }
  return received
}

export function sent (from: string, contents: readonly Content[]): Received[] {
  return contents.map((content, index) => ({ from, kind: `${index + 1}`, ...digestOf(contentOf(content)) }))
}

export function mailSteps (to: string, contents: readonly Content[]): Step[] {
  return contents.map((content, index) => ({ do: 'mail', to, kind: `${index + 1}`, content }))
}

export async function sendAll ({ client }: Ours, to: string, contents: readonly Content[]): Promise<void> {
  for (const [index, content] of contents.entries()) await client.peer(uuidOf(to)).send(BigInt(index + 1), contentOf(content))
}

/** What is the same in both reports. */
export function bare (mails: readonly Received[]): Received[] {
  return mails.map(({ from, kind, size, sha256, error }) => ({ from, kind, size, sha256, ...(error === undefined ? {} : { error }) }))
}

/** Both are there: theirs sends first, then ours answers. */
async function online (context: CaseContext, contents: readonly Content[]): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours()
    const messages = ours.client.messages[Symbol.asyncIterator]()
    const theirs = await meeting.theirs(1, {
      steps: [HELLO, { do: 'publish', oneTime: 10, lastResort: true }, ...mailSteps(ours.id, contents), { do: 'receive', count: contents.length, maxUntaken: 2 }]
    })
    deepEqual(await take(messages, contents.length), sent(theirs.id, contents))
    await sendAll(ours, theirs.id, contents)
    const report = await theirs.end()
    allWell(report)
    deepEqual(bare(done(report, 'receive')), sent(ours.id, contents))
    deepEqual(await meeting.server.relay.mailbox.usage(uuidOf(theirs.id)), { bytes: 0, messages: 0 })
  })
}

/** Neither is there while the other one sends. */
async function offline (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const identity = createIdentity()
    const store = memoryStore()
    const prekeys = { oneTime: 10, lastResort: true }
    const first = await meeting.ours({ identity, store })
    allWell(await (await meeting.theirs(1, { steps: [HELLO, { do: 'publish', ...prekeys }] })).end())
    await sendAll(first, theirId(1), SIZES)
    await first.client.close()
    const theirs = await meeting.theirs(1, { steps: [HELLO, { do: 'know prekeys', ...prekeys }, ...mailSteps(first.id, SIZES), { do: 'receive', count: SIZES.length, maxUntaken: 100 }] })
    const report = await theirs.end()
    allWell(report)
    deepEqual(bare(done(report, 'receive')), sent(first.id, SIZES))
    const second = await meeting.ours({ identity, store })
    deepEqual(await take(second.client.messages[Symbol.asyncIterator](), SIZES.length), sent(theirs.id, SIZES))
  })
}

/** One one-time prekey, then the last resort; in both directions. */
async function lastResort (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours({ prekeyLimits: { oneTime: 1 } })
    const go: Step[] = [HELLO, { do: 'publish', oneTime: 1, lastResort: true }, ...mailSteps(ours.id, SMALL), { do: 'receive', count: SMALL.length }]
    const theirs = await meeting.theirs(1, { steps: go })
    deepEqual(await take(ours.client.messages[Symbol.asyncIterator](), SMALL.length), sent(theirs.id, SMALL))
    await sendAll(ours, theirs.id, SMALL)
    const report = await theirs.end()
    allWell(report)
    const mails = done<Received[]>(report, 'receive')
    deepEqual(bare(mails), sent(ours.id, SMALL))
    deepEqual(mails.map(({ oneTime }) => oneTime), [true, false, false])
    equal(done<{ oneTime: boolean }>(report, 'mail').oneTime, true)
  })
}

/** What was not taken comes again on the next receive; what was taken does not. */
async function notTaken (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const ours = await meeting.ours()
    const prekeys = { oneTime: 10, lastResort: true }
    allWell(await (await meeting.theirs(1, { steps: [HELLO, { do: 'publish', ...prekeys }] })).end())
    await sendAll(ours, theirId(1), SMALL)
    const steps: Step[] = [HELLO, { do: 'know prekeys', ...prekeys }, { do: 'receive', count: 2, maxUntaken: 2, mode: 'keep' }]
    const kept = done<Received[]>(await (await meeting.theirs(1, { steps })).end(), 'receive')
    deepEqual(bare(kept), sent(ours.id, SMALL).slice(0, 2))
    const after = kept[0]?.position ?? 0
    const rest = await (await meeting.theirs(1, { steps: [HELLO, { do: 'know prekeys', ...prekeys }, { do: 'receive', after, count: 2, maxUntaken: 2 }] })).end()
    deepEqual(bare(done(rest, 'receive')), sent(ours.id, SMALL).slice(1))
    const all = await (await meeting.theirs(1, { steps: [HELLO, { do: 'know prekeys', ...prekeys }, { do: 'receive', count: 1 }] })).end()
    deepEqual(done<Received[]>(all, 'receive').map(({ position }) => position), [after])
  })
}

/** The codes that refuse mail, and the same id twice. */
async function refusals (context: CaseContext): Promise<void> {
  await Meeting.at(context, { limits: { mailbox: { maxMessage: 2000, recipientMessages: 2 } } }, async meeting => {
    const raw = await meeting.raw()
    const other = await meeting.ours()
    const content = { seed: 1, size: 10 }
    const id = '44'.repeat(16)
    const theirs = await meeting.theirs(1, {
      steps: [
        HELLO,
        { do: 'mail', to: '55'.repeat(16), content },
        { do: 'mail', to: toHex(raw.id), content },
        { do: 'mail', to: other.id, content: { seed: 1, size: 3000 } },
        { do: 'mail', to: other.id, content: { seed: 1, size: 3_000_000 } },
        { do: 'publish', oneTime: 1, lastResort: true },
        { do: 'mail', to: theirId(1), content, id },
        { do: 'mail', to: theirId(1), content, id },
        { do: 'mail', to: theirId(1), content },
        { do: 'mail', to: theirId(1), content },
        { do: 'publish', oneTime: 201 },
        { do: 'publish', replace: true, oneTime: 200 },
        { do: 'take prekey', to: theirId(1) }
      ]
    })
    const report = await theirs.end()
    deepEqual([0, 1, 2, 3].map(index => failure(report, 'mail', index)), ['status 1', 'status 12', 'status 9', 'status 9'])
    deepEqual([4, 5, 6].map(index => done<{ duplicate: boolean }>(report, 'mail', index).duplicate), [false, true, false])
    equal(failure(report, 'mail', 7), 'status 8')
    equal(failure(report, 'publish', 1), 'status 5')
    equal(done(report, 'publish', 2), 200)
    equal(report.error, undefined)
  })
}

/** Mail between ours and theirs. */
export const MAIL_CASES: readonly Case[] = [
  { name: 'mail both ways, 0 B to 8 MiB, both there', run: context => online(context, SIZES) },
  { name: 'mail both ways, both there', portable: true, run: context => online(context, SMALL) },
  { name: 'mail both ways, neither there', run: offline },
  { name: 'one-time prekeys, then the last resort', run: lastResort },
  { name: 'mail that is not taken comes again', run: notTaken },
  { name: 'mail that the relay refuses, and the same mail twice', run: refusals }
]
