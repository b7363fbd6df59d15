import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import fc from 'fast-check'
import { Backoff } from '../../../lib/relay/client/connection/backoff.js'
import { statusError } from '../../../lib/relay/client/errors.js'
import { RELAY_CODES } from '../../../lib/nova/index.js'
import { deferred } from '../../../lib/stream/index.js'
import { Handled } from '../../../lib/relay/client/mail/handled.js'
import { Receiving } from '../../../lib/relay/client/mail/receiving.js'
import { PresenceWatch } from '../../../lib/relay/client/presence.js'
import { Watched } from '../../../lib/relay/client/mail/watched.js'
import type { RelayClient } from '../../../lib/relay/index.js'
import { Slots } from '../../../lib/relay/slots.js'
import { encodeOpen, encodeStreamAnswer, readStreamHead } from '../../../lib/relay/client/streams/stream-head.js'
import { memoryStore } from '../../../lib/store/index.js'
import { collect } from '../../support/sources.js'
import { codeOf } from '../codes.js'

async function * cut (bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

test('the head of a stream reads as it was written, wherever it is cut, and what follows is left', async t => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.integer({ min: 1, max: 30 }), async (streamId, kind, size) => {
    const open = await readStreamHead(cut(Uint8Array.from([...encodeOpen(streamId, kind), 1, 2, 3]), size))
    t.deepEqual(open.head, { type: 'open', streamId, kind })
    t.deepEqual(await collect(open.rest), Uint8Array.of(1, 2, 3))
    const answer = await readStreamHead(cut(Uint8Array.from([...encodeStreamAnswer(streamId), 4]), size))
    t.deepEqual(answer.head, { type: 'answer', streamId })
    t.deepEqual(await collect(answer.rest), Uint8Array.of(4))
  }))
})

test('a head that is cut short, or of another type, is none', async t => {
  const whole = encodeOpen(new Uint8Array(8), 1n)
  for (let length = 0; length < whole.byteLength; length++) t.is(await codeOf(readStreamHead(cut(whole.subarray(0, length), 5))), 'ERR_RELAY_STREAM')
  for (let type = 0; type < 256; type++) {
    if (type === 1 || type === 2) continue
    whole[0] = type
    t.is(await codeOf(readStreamHead(cut(whole, 17))), 'ERR_RELAY_STREAM')
  }
})

test('each wait is a random part of twice the one before, up to the most', t => {
  const longest = new Backoff(100, 1000, () => 1 - Number.EPSILON)
  t.deepEqual(Array.from({ length: 6 }, () => longest.next()), [100, 200, 400, 800, 1000, 1000])
  longest.reset()
  t.is(longest.next(), 100)
  t.is(new Backoff(100, 1000, () => 0).next(), 0)
  for (let tries = 0; tries < 2000; tries++) t.true(longest.next() <= 1000)
})

test('no more are at work than there are places, and each gets its turn (property)', async t => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(fc.boolean(), { maxLength: 20 }), async (places, works) => {
    const slots = new Slots(places)
    const begun: number[] = []
    let [at, most] = [0, 0]
    await Promise.all(works.map((fails, index) => slots.use(async () => {
      begun.push(index)
      most = Math.max(most, ++at)
      await Promise.resolve()
      at--
      if (fails) throw new Error('failed')
    }).catch(() => {})))
    t.true(most <= places)
    t.deepEqual(begun, works.map((_, index) => index))
  }))
})

test('what was taken is remembered until the relay cannot deliver it again', async t => {
  const store = memoryStore()
  const [sender, id, other] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2), new Uint8Array(16).fill(3)]
  const [first, second] = [{}, {}]
  let handled = await Handled.load(store, 32)
  const add = async (message: Uint8Array, position: bigint, connection: object): Promise<void> => {
    await store.write(transaction => { handled.write(transaction, sender, message, position) })
    handled.add(sender, message, position, connection)
  }
  t.false(handled.seen(sender, id, 5n, first))
  await add(id, 5n, first)
  handled.passed(9n, first)
  t.true(handled.seen(sender, id, 5n, first))
  handled = await Handled.load(store, 32)
  // not yet told, or told and lost
  t.true(handled.seen(sender, id, 1n, second))
  handled.passed(2n, second)
  t.true(handled.seen(sender, id, 1n, second))
  handled.passed(2n, first)
  t.false(handled.seen(sender, id, 1n, first))
  await add(other, 7n, first)
  handled = await Handled.load(store, 32)
  t.deepEqual([handled.seen(sender, id, 1n, first), handled.seen(sender, other, 7n, first)], [false, true])
})

test('whoever is watched, whenever, is asked for', async t => {
  for (let later = 0; later < 16; later++) {
    const asked: Uint8Array[][] = []
    const ask = (async (_name: string, { ids }: { ids: Uint8Array[] }) => {
      asked.push(ids)
      return { online: ids.map(() => true) }
    }) as RelayClient['ask']
    const presence = new PresenceWatch({ current: { ask, ended: new AbortController().signal } }, { maxWatched: 10, reconnectMin: 1, reconnectMax: 1 })
    const [one, two] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2)]
    await presence.watch([one]).next()
    for (let passed = 0; passed < later; passed++) await Promise.resolve()
    presence.watch([two])
    await turn()
    t.deepEqual(asked.at(-1), [one, two], `${later} later`)
    presence.end()
  }
})

test('a relay that allows fewer to be watched than we do: who came last is told, and the others are told of', async t => {
  const asked: number[] = []
  const ask = (async (_name: string, { ids }: { ids: Uint8Array[] }) => {
    asked.push(ids.length)
    if (ids.length > 2) throw statusError(RELAY_CODES.limit)
    return { online: ids.map(() => true) }
  }) as RelayClient['ask']
  const presence = new PresenceWatch({ current: { ask, ended: new AbortController().signal } }, { maxWatched: 10, reconnectMin: 1, reconnectMax: 1 })
  const [first, second] = [1, 3].map(at => presence.watch([new Uint8Array(16).fill(at), new Uint8Array(16).fill(at + 1)]))
  t.is(await codeOf(second?.next() as Promise<unknown>), 'ERR_RELAY_LIMIT')
  t.true((await first?.next())?.value.online)
  while (asked.at(-1) !== 2) await turn()
  t.true((await first?.next())?.value.online)
  presence.end()
})

test('mail that comes at once and for ever is given up, and so is one of another length', async t => {
  async function * endless (): AsyncGenerator<Uint8Array> { for (;;) yield new Uint8Array(0) }
  const read = async (source: AsyncIterable<Uint8Array>, length: number): Promise<unknown> => {
    const watched = new Watched(source, { piece: 1000, whole: 20 })
    watched.begin(length)
    const code = await codeOf(collect(watched))
    t.is(watched.failure !== undefined, code !== 'resolved')
    return code
  }
  t.is(await read(endless(), 10), 'ERR_TIMEOUT')
  t.is(await read(cut(new Uint8Array(10), 3), 10), 'resolved')
  for (const length of [9, 11]) t.is(await read(cut(new Uint8Array(10), 3), length), 'ERR_RELAY_PROTOCOL')
})

test('a relay that takes fewer positions at a time is told in smaller parts', async t => {
  const told: bigint[][] = []
  const done = deferred()
  const client = {
    link: { abort: () => undefined },
    ask: async (name: string, asked: { positions?: bigint[] }) => {
      if (name !== 'taken' || asked.positions === undefined) return
      if (asked.positions.length > 3) throw statusError(RELAY_CODES.limit)
      told.push(asked.positions)
      if (told.flat().length === 10) done.resolve()
    }
  }
  const receiving = new Receiving(32, [1, 2], () => undefined)
  receiving.begin(client as never, new AbortController().signal)
  for (let position = 0n; position < 10n; position++) receiving.confirm(position)
  await done.promise
  t.deepEqual(told.flat(), Array.from({ length: 10 }, (_, index) => BigInt(index)))
})
