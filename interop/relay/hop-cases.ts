import { deepEqual, equal, match } from 'node:assert/strict'
import { toHex } from '../../lib/bytes/index.js'
import { createIdentity } from '../../lib/nova/index.js'
import { letGo, type Duplex } from '../../lib/stream/index.js'
import type { Case, CaseContext } from '../harness/peer.js'
import type { Job } from './job.js'
import { allWell, done, failure, HELLO, Meeting, theirId } from './meeting.js'

/** Hello, a lookup of itself, two pings, and the end. */
const SHORT: Job = { steps: [HELLO, { do: 'lookup', to: theirId(1) }, { do: 'ping' }, { do: 'ping' }, { do: 'lookup', to: '11'.repeat(16) }] }

async function short (context: CaseContext, job: (meeting: Meeting) => Partial<Job>, wrap?: (duplex: Duplex) => Duplex): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const theirs = await meeting.theirs(1, { ...SHORT, ...job(meeting) }, wrap)
    const report = await theirs.end()
    equal(report.error, undefined)
    equal(report.id, theirs.id)
    equal(report.relay, toHex(meeting.server.identity.id))
    deepEqual(done(report, 'hello'), { prekeys: 0, lastResort: '00'.repeat(8), maxMail: 67_108_864, maxOutstanding: 256, maxPrekeys: 200 })
    equal(done<{ online: boolean }>(report, 'lookup').online, true)
    done(report, 'ping', 1)
    equal(failure(report, 'lookup', 1), 'status 1')
    const { error } = await meeting.server.happened('disconnected')
    equal(error, undefined)
  })
}

/** A handshake that fails at their side or ours. */
async function refused (context: CaseContext, job: Partial<Job>, error: RegExp): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const report = await (await meeting.theirs(1, { ...SHORT, ...job })).end()
    equal(report.steps.length, 0)
    match(report.error ?? '', error)
    await meeting.server.happened('refused')
  })
}

/** Our bytes reach them one by one. */
function bytewise (duplex: Duplex): Duplex {
  return {
    source: duplex.source,
    abort: reason => { duplex.abort(reason) },
    close: () => duplex.close(),
    sink: source => duplex.sink(oneByOne(source))
  }
}

async function * oneByOne (source: Parameters<Duplex['sink']>[0]): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      for (const byte of next.value instanceof Uint8Array ? next.value : next.value.subarray()) yield Uint8Array.of(byte)
    }
  } finally {
    letGo(iterator)
  }
}

async function invites (context: CaseContext): Promise<void> {
  await Meeting.at(context, { registration: { rule: 'invite' } }, async meeting => {
    const invite = toHex(await meeting.server.relay.invite())
    const steps: Job['steps'] = [HELLO, { do: 'hello', invite: '22'.repeat(32) }, { do: 'lookup', to: theirId(1) }, { do: 'hello', invite }, { do: 'lookup', to: theirId(1) }]
    const report = await (await meeting.theirs(1, { steps })).end()
    deepEqual([failure(report, 'hello'), failure(report, 'hello', 1), failure(report, 'lookup')], ['status 7', 'status 7', 'status 6'])
    done(report, 'hello', 2)
    done(report, 'lookup', 1)
    const other = await (await meeting.theirs(2, { steps: [{ do: 'hello', invite }] })).end()
    equal(failure(other, 'hello'), 'status 7')
    const again = await (await meeting.theirs(1, { steps: [HELLO] })).end()
    allWell(again)
  })
}

async function malformed (context: CaseContext): Promise<void> {
  await Meeting.at(context, {}, async meeting => {
    const steps: Job['steps'] = [
      HELLO,
      { do: 'raw request', code: 99 },
      { do: 'raw request', code: 2, invite: '11'.repeat(15) },
      { do: 'raw request', code: 2, invite: '11'.repeat(17) },
      { do: 'raw request', code: 1, invite: '0200000000' },
      { do: 'raw request', code: 5, invite: '11'.repeat(30) },
      { do: 'raw request', code: 8, invite: 'ffffffff' }
    ]
    const report = await (await meeting.theirs(1, { steps })).end()
    deepEqual(report.steps.slice(1).map(({ error }) => error), ['status 4', 'status 4', 'status 4', 'status 4', 'status 4', 'status 4'])
    equal(report.error, undefined)
  })
}

/** The hop, hello, and what is wrong with either. */
export const HOP_CASES: readonly Case[] = [
  { name: 'hello over XX', portable: true, run: context => short(context, () => ({})) },
  { name: 'hello over IK', portable: true, run: context => short(context, ({ server }) => ({ relayStatic: toHex(server.identity.staticKey.publicKey) })) },
  { name: 'drip-fed bytes both ways', run: context => short(context, () => ({ drip: 1 }), bytewise) },
  { name: 'a small window and few packets', run: context => short(context, () => ({ window: 256, maxPackets: 1 })) },
  { name: 'a rekey after every packet', run: context => short(context, () => ({ rekeyEvery: 1 })) },
  { name: 'another relay than was meant, XX', run: context => refused(context, { relay: '33'.repeat(16) }, /^another relay/) },
  { name: 'another static key of the relay, IK', run: context => refused(context, { relayStatic: toHex(createIdentity().staticKey.publicKey) }, /^in the handshake/) },
  { name: 'invites', run: invites },
  { name: 'requests that nobody understands', run: malformed }
]
