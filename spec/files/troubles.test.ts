import test from 'ava'
import { setImmediate as turn } from 'node:timers/promises'
import { randomUuid } from '../../lib/bytes/index.js'
import { FILES_LIMITS, sendFiles, type Received, type SourceFile } from '../../lib/files/index.js'
import { RESET_CODES, resetError } from '../../lib/nova/index.js'
import { deferred } from '../../lib/stream/index.js'
import { codeOf } from '../relay/codes.js'
import { next, World, type TestClient } from '../relay/client/support.js'
import { Raw } from './raw.js'
import { MemoryDestination, memoryFile, random, receiving, same } from './support.js'

async function both (t: { teardown(work: () => Promise<void>): void }): Promise<{ world: World, alice: TestClient, bob: TestClient, destination: MemoryDestination }> {
  const world = await World.start()
  t.teardown(() => world.end())
  return { world, alice: await world.client(), bob: await world.client(), destination: new MemoryDestination() }
}

const codes = (failures: ReadonlyArray<{ path: string, error: Error }>): unknown[] => failures.map(({ path, error }) => [path, (error as { code?: string }).code])
const failed = (received: Received): unknown => received.type === 'failed' ? (received.error as { code?: string }).code : received.type
const platform = (code: string): Error => Object.assign(new Error(code), { code })

test('a file that changes, or cannot be read, ends with a code on both sides, and the others arrive', async t => {
  const { alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination)
  const content = random(300_000)
  const source = (path: string, more: Partial<SourceFile>): SourceFile => ({ ...memoryFile(path, content), ...more })
  const { failures } = await sendFiles(alice, bob.id, [
    source('shorter', { size: 300_001 }),
    source('longer', { size: 200_000 }),
    source('other', { changed: async () => true }),
    source('lost', { changed: async () => { throw platform('ENOENT') } }),
    source('gone', { open: () => { throw platform('ENOENT') } }),
    source('broken', { async * open () { yield content.subarray(0, 100_000); throw platform('EIO') } }),
    source('empty that is not', { size: 0 }),
    source('knows it', { open: () => { throw platform('ERR_FILES_CHANGED') } }),
    source('good', {})
  ])
  const expected = [['shorter', 'ERR_FILES_CHANGED'], ['longer', 'ERR_FILES_CHANGED'], ['other', 'ERR_FILES_CHANGED'], ['lost', 'ERR_FILES_READ'], ['gone', 'ERR_FILES_READ'], ['broken', 'ERR_FILES_READ'], ['empty that is not', 'ERR_FILES_CHANGED'], ['knows it', 'ERR_FILES_READ']]
  t.deepEqual(codes(failures), expected)
  const received = await next(outcomes)
  t.is(received.type, 'done')
  if (received.type === 'done') t.deepEqual(codes(received.failures), expected)
  t.deepEqual([...destination.placed.keys()], ['good'])
  t.is(destination.parts.size, 0)
})

test('a full disk: both sides are told, the part stays, and the same files go on when there is room', async t => {
  const { world, alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination)
  const content = random(1_000_000)
  for (const full of [platform('ENOSPC'), platform('EDQUOT'), new DOMException('full', 'QuotaExceededError')]) {
    const before = destination.written
    destination.onWrite = (_, offset) => { if (offset > before + 200_000) throw full }
    t.is(await codeOf(sendFiles(alice, bob.id, [memoryFile('a', content)])), 'ERR_FILES_SPACE')
    t.is(failed(await next(outcomes)), 'ERR_FILES_SPACE')
    t.true(destination.written > before)
    t.deepEqual(destination.calls, Array.from(destination.calls, () => 'kept'))
  }
  destination.onWrite = () => {}
  destination.onFinish = () => { throw platform('ENOSPC') }
  t.is(await codeOf(sendFiles(alice, bob.id, [memoryFile('a', content)])), 'ERR_FILES_SPACE')
  destination.onFinish = () => {}
  destination.space = 10
  t.is(await codeOf(sendFiles(alice, bob.id, [memoryFile('b', content)])), 'ERR_FILES_SPACE', 'before the first byte')
  t.deepEqual((await sendFiles(alice, bob.id, [memoryFile('a', content)])).failures, [], 'what is there needs no room')
  t.is(destination.written, 1_000_000)
  t.true(same(destination.placed.get('a'), content))
  await world.end()
})

test('a file that cannot be written is given up at once, and the others go on', async t => {
  const { alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination)
  destination.onWrite = index => { if (index === 0) throw platform('EIO') }
  destination.onFinish = index => { if (index === 1) throw platform('EACCES') }
  const big = memoryFile('big', random(5_000_000))
  const { failures } = await sendFiles(alice, bob.id, [big, memoryFile('no', random(10)), memoryFile('good', random(10))])
  t.deepEqual(codes(failures), [['big', 'ERR_FILES_WRITE'], ['no', 'ERR_FILES_WRITE']])
  t.deepEqual(failures.map(({ error }) => (error as { origin?: string }).origin), ['remote', 'remote'])
  const received = await next(outcomes)
  t.deepEqual(received.type === 'done' && codes(received.failures), codes(failures))
  t.deepEqual([...destination.placed.keys()], ['good'])
})

test('nothing is overwritten unless that is wanted: refused before the first byte, and the sender is told which', async t => {
  const { alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination)
  destination.placed.set('b', Uint8Array.of(1))
  const files = [memoryFile('a', random(10)), memoryFile('b', random(10))] as const
  await t.throwsAsync(sendFiles(alice, bob.id, files), { code: 'ERR_FILES_EXISTS', message: /: b$/ })
  t.is(failed(await next(outcomes)), 'ERR_FILES_EXISTS')
  t.deepEqual(files.map(({ opened }) => opened.length), [0, 0])
  t.deepEqual([destination.placed.get('b'), destination.written], [Uint8Array.of(1), 0])
  destination.overwrite = true
  t.deepEqual((await sendFiles(alice, bob.id, files)).failures, [])
  t.is(destination.placed.get('b')?.byteLength, 10)
})

test('a transfer that is not wanted is declined; what fails while it is decided about is told', async t => {
  const { alice, bob, destination } = await both(t)
  let asked = 0
  const { outcomes } = receiving(bob, destination, { limits: { declinePause: 1 }, accept: () => { if (asked++ === 1) throw new Error('mine'); return false } })
  t.is(await codeOf(sendFiles(alice, bob.id, [memoryFile('a', random(10))])), 'ERR_FILES_DECLINED')
  t.is(failed(await next(outcomes)), 'ERR_FILES_DECLINED')
  t.is(await codeOf(sendFiles(alice, bob.id, [memoryFile('a', random(10))])), 'ERR_FILES_WRITE')
  t.is((await next(outcomes)).type, 'failed')
  destination.open = () => { throw new Error('no folder') }
  const other = await both(t)
  const { outcomes: others } = receiving(other.bob, destination)
  t.is(await codeOf(sendFiles(other.alice, other.bob.id, [memoryFile('a', random(10))])), 'ERR_FILES_WRITE')
  t.is(failed(await next(others)), 'ERR_FILES_WRITE')
})

test('a question is asked once across streams, and taken back when the sender gives up', async t => {
  const { world, alice, bob, destination } = await both(t)
  const questions: AbortSignal[] = []
  let answer: (yes: boolean) => void = () => {}
  let asked: () => void = () => {}
  const { outcomes } = receiving(bob, destination, {
    accept: (_, signal) => {
      questions.push(signal)
      asked()
      return new Promise<boolean>(resolve => { answer = resolve })
    }
  })
  const question = (): Promise<void> => new Promise(resolve => { asked = resolve })
  let coming = question()
  const controller = new AbortController()
  const states: string[] = []
  const sending = sendFiles(alice, bob.id, [memoryFile('a', random(10))], { signal: controller.signal, onState: ({ type }) => { states.push(type) } })
  await coming
  world.cut()
  t.is((await next(outcomes)).type, 'interrupted')
  while (states.filter(state => state === 'asking').length < 2) await new Promise(resolve => { setImmediate(resolve) })
  t.false(questions[0]?.aborted)
  answer(true)
  t.deepEqual((await sending).failures, [])
  t.is((await next(outcomes)).type, 'done')
  coming = question()
  const second = sendFiles(alice, bob.id, [memoryFile('b', random(10))], { signal: controller.signal })
  await coming
  t.is(questions.length, 2)
  controller.abort(new Error('no more'))
  await t.throwsAsync(second, { message: 'no more' })
  t.is(failed(await next(outcomes)), 'ERR_FILES_STOPPED')
  t.true(questions[1]?.aborted)
})

test('a sender that is told to stop while its stream is lost ends with the reason it was given', async t => {
  const controller = new AbortController()
  const open = async (): Promise<never> => {
    controller.abort(new Error('enough'))
    throw resetError(RESET_CODES.gone)
  }
  const client = { id: randomUuid(), state: { type: 'connected' }, peer: () => ({ open }) }
  await t.throwsAsync(sendFiles(client as never, randomUuid(), [memoryFile('a', random(1))], { signal: controller.signal }), { message: 'enough' })
})

test('a receiver that is told to stop keeps what has come, and the sender hears of it', async t => {
  const { alice, bob, destination } = await both(t)
  const controller = new AbortController()
  const { receiver, outcomes, streams } = receiving(bob, destination, { signal: controller.signal })
  destination.onWrite = (_, offset) => { if (offset > 100_000) controller.abort(new Error('enough')) }
  t.is(await codeOf(sendFiles(alice, bob.id, [memoryFile('a', random(1_000_000))])), 'ERR_FILES_STOPPED')
  const received = await next(outcomes)
  t.is(received.type === 'failed' && received.error.message, 'enough')
  t.deepEqual(destination.calls, ['kept'])
  t.is(destination.parts.size, 1)
  const again = sendFiles(alice, bob.id, [memoryFile('a', random(1_000_000))])
  t.is(await codeOf(again), 'ERR_RESET_REFUSED')
  t.is((await next(outcomes)).type, 'failed')
  t.is(streams.length, 2)
  t.truthy(receiver)
})

test('2,000 small files, and several transfers at once', async t => {
  const { alice, bob, destination } = await both(t)
  receiving(bob, destination)
  const many = Array.from({ length: 2000 }, (_, index) => memoryFile(`many/${index % 7}/${index}`, random(index % 50)))
  const sent = await Promise.all([sendFiles(alice, bob.id, many), ...[1, 2, 3].map(index => sendFiles(alice, bob.id, [memoryFile(`big${index}`, random(500_000))]))])
  t.deepEqual(sent.map(({ failures }) => failures), [[], [], [], []])
  t.is(destination.placed.size, 2003)
})

test('sizes above 4 GiB are numbers like others', async t => {
  const { alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination)
  const size = 2 ** 33 + 5
  const { failures, bytes } = await sendFiles(alice, bob.id, [{ ...memoryFile('a', random(100_000)), size }])
  t.is(bytes, size)
  t.deepEqual(codes(failures), [['a', 'ERR_FILES_CHANGED']])
  const received = await next(outcomes)
  t.is(received.transfer?.manifest.bytes, size)
  // a part of more than 4 GiB
  const sending = sendFiles(bob, alice.id, [{ ...memoryFile('a', random(100_000)), size }])
  const raw = Raw.accept(await next(alice.streams))
  await raw.next()
  raw.say({ type: 'accept', done: new Uint8Array(1), parts: [{ index: 0, bytes: 2 ** 32 + 1, hash: random(32) }] })
  t.deepEqual(await raw.next(), { type: 'file', index: 0, from: 0 }, 'it was read as far as it goes, and is another one')
  let record = await raw.next()
  while (record?.type === 'data') record = await raw.next()
  t.deepEqual(record, { type: 'skip', index: 0, code: 9 })
  raw.say({ type: 'failed', index: 0, code: 9 })
  t.is(await codeOf(sending), 'ERR_FILES_PROTOCOL')
  t.true(FILES_LIMITS.maxBytes > size)
})

test('a place that is not wanted any more while it is opened is not waited for', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const stop = new AbortController()
  const opened = deferred()
  const { outcomes } = receiving(bob, {
    open: (_, signal) => new Promise((_, reject) => {
      signal.addEventListener('abort', () => { reject(signal.reason as Error) })
      opened.resolve()
    })
  }, { signal: stop.signal })
  const raw = (await Raw.dial(alice, bob.id)).offer({ path: 'a' })
  await opened.promise
  const reason = new Error('enough')
  stop.abort(reason)
  t.like(await next(outcomes), { type: 'failed', error: reason })
  await t.throwsAsync(raw.next(), { code: 'ERR_RESET_CANCELLED' })
})

test('a sender that stops when everything is on its way is noticed though nothing of it is left to be read', async t => {
  const { alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination)
  const [finishing, go, stop] = [deferred(), deferred(), new AbortController()]
  destination.onFinish = async () => {
    finishing.resolve()
    await go.promise
  }
  const sending = codeOf(sendFiles(alice, bob.id, [memoryFile('a', random(1000))], { signal: stop.signal }))
  await finishing.promise
  // the end is on its way, too
  for (let i = 0; i < 100; i++) await turn()
  stop.abort(new Error('stopped'))
  t.is(await sending, 'Error: stopped')
  for (let i = 0; i < 100; i++) await turn()
  go.resolve()
  t.is(failed(await next(outcomes)), 'ERR_FILES_STOPPED')
  t.deepEqual([...destination.placed.keys()], ['a'])
})
