import test from 'ava'
import { equalUuid } from '../../lib/bytes/index.js'
import { FileReceiver, type Received } from '../../lib/files/index.js'
import { RESET_CODES, resetError } from '../../lib/nova/index.js'
import type { IncomingStream } from '../../lib/relay/index.js'
import { next, World, type TestClient } from '../relay/client/support.js'
import { Raw } from './raw.js'
import { MemoryDestination, receiving } from './support.js'

test('a question that gives way to those of others is no no: who asked may ask again at once', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob, carol] = [await world.client(), await world.client(), await world.client()]
  const asked: string[] = []
  const taken: string[] = []
  const { outcomes } = receiving(bob, new MemoryDestination(), {
    limits: { maxTransfers: 2, declinePause: 3_600_000, maxDeclinePause: 3_600_000 },
    accept: ({ manifest }, signal) => {
      const path = manifest.entries[0]?.path ?? ''
      asked.push(path)
      signal.addEventListener('abort', () => { taken.push(path) })
      return new Promise<boolean>(() => {})
    }
  })
  const ask = async (who: TestClient, path: string): Promise<Raw> => {
    const raw = (await Raw.dial(who, bob.id)).offer({ path })
    raw.next().catch(() => {})
    while (!asked.includes(path)) await new Promise<void>(resolve => { setImmediate(resolve) })
    return raw
  }
  for (const [who, path] of [[alice, 'one'], [alice, 'two'], [carol, 'three']] as const) {
    (await ask(who, path)).stream.abort(resetError(RESET_CODES.gone))
    t.is((await next(outcomes)).type, 'interrupted')
  }
  t.deepEqual(taken, ['one'])
  await ask(alice, 'four')
  t.deepEqual(asked, ['one', 'two', 'three', 'four'])
})

test('who has no place gets one of somebody who has several and offers nothing, and nobody loses its only one', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob, carol, dave] = [await world.client(), await world.client(), await world.client(), await world.client()]
  const { outcomes, streams } = receiving(bob, new MemoryDestination(), { limits: { maxTransfers: 2 } })
  const raws = [await Raw.dial(alice, bob.id), await Raw.dial(alice, bob.id)]
  while (streams.length < 2) await new Promise<void>(resolve => { setImmediate(resolve) })
  const only = await Raw.dial(carol, bob.id)
  t.is((await next(outcomes)).type, 'interrupted')
  await t.throwsAsync(async () => raws[0]?.next(), { code: 'ERR_RESET_LIMIT' })
  // each has one by now
  await t.throwsAsync(async () => { await (await Raw.dial(dave, bob.id)).next() }, { code: 'ERR_RESET_LIMIT' })
  t.is((await next(outcomes)).type, 'failed')
  for (const raw of [only, raws[1] as Raw]) t.like(await raw.offer({ path: 'a' }).next(), { type: 'accept' })
})

test('two who come in one turn take one place of who has two, and one of them is refused', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob, carol, dave] = [await world.client(), await world.client(), await world.client(), await world.client()]
  const receiver = new FileReceiver(bob, new MemoryDestination(), { accept: () => true, limits: { maxTransfers: 2 } })
  const opened = async (who: TestClient): Promise<{ readonly raw: Promise<Raw>, readonly stream: IncomingStream }> => {
    const raw = Raw.dial(who, bob.id)
    raw.catch(() => {})
    return { raw, stream: await next(bob.streams) }
  }
  const streams: IncomingStream[] = []
  const raws: Array<Promise<Raw>> = []
  for (const who of [alice, alice, carol, dave]) {
    const { raw, stream } = await opened(who)
    raws.push(raw)
    streams.push(stream)
  }
  const [first, second, third, fourth] = streams.map(stream => receiver.take(stream))
  t.is((await fourth)?.type, 'failed')
  await t.throwsAsync(async () => { await (await raws[3])?.next() }, { code: 'ERR_RESET_LIMIT' })
  t.is((await first)?.type, 'interrupted')
  await t.throwsAsync(async () => { await (await raws[0])?.next() }, { code: 'ERR_RESET_LIMIT' })
  // what has lost its place gives none back when it is over
  const late = await opened(dave)
  t.is((await receiver.take(late.stream)).type, 'failed')
  await t.throwsAsync(async () => { await (await late.raw).next() }, { code: 'ERR_RESET_LIMIT' })
  for (const raw of [await raws[1], await raws[2]]) {
    t.like(await raw?.offer({ path: 'a' }).next(), { type: 'accept' })
    raw?.stream.abort(resetError(RESET_CODES.gone))
  }
  for (const taken of [second, third]) t.is((await taken)?.type, 'interrupted')
})

test('a question that nobody answers in time is taken back, and gives up its place', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob, carol] = [await world.client(), await world.client(), await world.client()]
  const questions: AbortSignal[] = []
  const early = Raw.dial(carol, bob.id)
  const refused = t.throwsAsync(async () => { await (await early).next() }, { code: 'ERR_RESET_LIMIT' }, 'it has the only place')
  const earlyStream = await next(bob.streams)
  const outcomes: Array<Promise<Received>> = []
  const receiver = new FileReceiver(bob, new MemoryDestination(), {
    limits: { questionTimeout: 300, maxTransfers: 1 },
    accept: ({ from }, signal) => {
      if (equalUuid(from.id, carol.id)) return true
      questions.push(signal)
      // while it is open, however long that is
      outcomes.push(receiver.take(earlyStream))
      return new Promise<boolean>(() => {})
    }
  })
  const dialled = Raw.dial(alice, bob.id)
  outcomes.push(receiver.take(await next(bob.streams)))
  const raw = (await dialled).offer({ path: 'a' })
  await t.throwsAsync(raw.next(), { code: 'ERR_RESET_STALLED' })
  t.is((await outcomes[0])?.type, 'interrupted')
  await refused
  t.is((await outcomes[1])?.type, 'failed')
  const again = Raw.dial(carol, bob.id)
  void receiver.take(await next(bob.streams))
  t.like(await (await again).offer({ path: 'b' }).next(), { type: 'accept' }, 'which another one has now')
  t.deepEqual(questions.map(({ aborted }) => aborted), [true])
})

test('who is accepted and says only that it is there gives a place to who has none', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob, carol] = [await world.client(), await world.client(), await world.client()]
  const { outcomes } = receiving(bob, new MemoryDestination(), { limits: { maxTransfers: 2, idleTimeout: 1000 } })
  const accepted = async (who: TestClient, path: string): Promise<Raw> => {
    const raw = (await Raw.dial(who, bob.id)).offer({ path })
    t.like(await raw.next(), { type: 'accept' })
    return raw
  }
  const silent = [await accepted(alice, 'a'), await accepted(alice, 'b')]
  const alive = setInterval(() => { for (const raw of silent) raw.say({ type: 'alive' }) }, 50)
  t.teardown(() => { clearInterval(alive) })
  const tried = async (): Promise<Raw | undefined> => {
    const raw = await Raw.dial(carol, bob.id).catch(() => undefined)
    return (await raw?.offer({ path: 'c' }).next())?.type === 'accept' ? raw : undefined
  }
  let taken = await tried()
  while (taken === undefined) taken = await tried()
  for (let ended = await next(outcomes); ended.type !== 'interrupted'; ended = await next(outcomes));
  clearInterval(alive)
})

test('of who is in its pause, nothing is read', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const { outcomes } = receiving(bob, new MemoryDestination(), { accept: () => false })
  t.like(await (await Raw.dial(alice, bob.id)).offer({ path: 'a' }).next(), { type: 'refuse' })
  t.like(await next(outcomes), { type: 'failed', error: { code: 'ERR_FILES_DECLINED' } })
  // says nothing, and is refused all the same
  await t.throwsAsync(async () => { await (await Raw.dial(alice, bob.id)).next() }, { code: 'ERR_RESET_LIMIT' })
  t.like(await next(outcomes), { type: 'failed', error: { code: 'ERR_FILES_BUSY' } })
})
