import test from 'ava'
import { equalUuid } from '../../lib/bytes/index.js'
import { crypto } from '../../lib/crypto/index.js'
import { FileReceiver, sendFiles, type SendState } from '../../lib/files/index.js'
import { RESET_CODES, resetError } from '../../lib/nova/index.js'
import { codeOf } from '../relay/codes.js'
import { next, World, type TestClient } from '../relay/client/support.js'
import { Raw } from './raw.js'
import { MemoryDestination, memoryFile, random, receiving, same } from './support.js'

async function both (t: { teardown(work: () => Promise<void>): void }): Promise<{ world: World, alice: TestClient, bob: TestClient, destination: MemoryDestination }> {
  const world = await World.start()
  t.teardown(() => world.end())
  return { world, alice: await world.client(), bob: await world.client(), destination: new MemoryDestination() }
}

const sumOf = (bytes: Uint8Array): Uint8Array => crypto.sha256.digest(bytes)

test('a sender that makes things up is refused with a code, and nothing is put anywhere', async t => {
  const { alice, bob, destination } = await both(t)
  // each of them would be a reason to wait before the next
  const { outcomes } = receiving(bob, destination, { limits: { declinePause: 1, maxDeclinePause: 1 } })
  for (const [what, code, wire, begin] of [
    ['a path that leads out', 'ERR_FILES_PATH', 5, (raw: Raw) => raw.offer({ path: '../../etc/passwd' })],
    ['the same path twice', 'ERR_FILES_DUPLICATE', 6, (raw: Raw) => raw.offer({ path: 'a' }, { path: 'A' })],
    ['another version', 'ERR_FILES_VERSION', 12, (raw: Raw) => raw.say({ type: 'offer', version: 9, manifest: new Uint8Array(0) })],
    ['no manifest', 'ERR_FILES_PROTOCOL', 11, (raw: Raw) => raw.say({ type: 'offer', version: 1, manifest: Uint8Array.of(1) })],
    ['no offer', 'ERR_FILES_PROTOCOL', 11, (raw: Raw) => raw.say({ type: 'end' })],
    ['what receivers say', 'ERR_FILES_PROTOCOL', 11, (raw: Raw) => raw.say({ type: 'finished' })],
    ['nothing', 'ERR_FILES_PROTOCOL', 11, (raw: Raw) => raw.end()],
    ['a record that ends in the middle', 'ERR_FILES_PROTOCOL', 11, (raw: Raw) => { raw.bytes(Uint8Array.of(1, 0, 0, 0, 9, 1)); return raw.end() }],
    ['an offer that is too long', 'ERR_FILES_PROTOCOL', 11, (raw: Raw) => { raw.bytes(Uint8Array.of(1, 1, 0, 0, 0)); return raw }]
  ] as const) {
    const raw = await Raw.dial(alice, bob.id)
    begin(raw)
    t.deepEqual(await raw.next(), { type: 'refuse', code: wire, index: 0xffff_ffff }, what)
    t.is(await raw.next(), undefined, what)
    const outcome = await next(outcomes)
    t.is(outcome.type, 'failed', what)
    if (outcome.type === 'failed') t.is((outcome.error as { code?: string }).code, code, what)
  }
  t.is(destination.placed.size, 0)
})

test('a sender that breaks off the rules in the middle of a transfer: what has come is kept, what is wrong is not put in its place', async t => {
  const { alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination)
  const content = random(10)
  for (const [what, ...records] of [
    ['more than it said', { type: 'file', index: 0, from: 0 }, { type: 'data', bytes: random(11) }],
    ['less than it said', { type: 'file', index: 0, from: 0 }, { type: 'data', bytes: random(9) }, { type: 'sum', hash: sumOf(content) }],
    ['content that was not begun', { type: 'data', bytes: content }],
    ['an answer', { type: 'done', index: 0 }],
    ['an end before the files', { type: 'end' }],
    ['going on where nothing is', { type: 'file', index: 0, from: 5 }]
  ] as const) {
    const raw = (await Raw.dial(alice, bob.id)).offer({ path: `x ${what}`, size: 10 })
    t.like(await raw.next(), { type: 'accept' }, what)
    raw.say(...records)
    t.like(await raw.next(), { type: 'refuse', code: 11 }, what)
    t.is((await next(outcomes)).type, 'failed', what)
  }
  t.is(destination.placed.size, 0)
  t.is(destination.open_, 0)
})

test('a file whose hash is wrong is dropped, and the others go on', async t => {
  const { alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination)
  const raw = (await Raw.dial(alice, bob.id)).offer({ path: 'a', size: 3 }, { path: 'b', size: 0 })
  t.like(await raw.next(), { type: 'accept' })
  raw.say({ type: 'file', index: 0, from: 0 }, { type: 'data', bytes: random(3) }, { type: 'sum', hash: random(32) }, { type: 'file', index: 1, from: 0 }, { type: 'sum', hash: sumOf(new Uint8Array(0)) }, { type: 'end' })
  t.deepEqual(await raw.next(), { type: 'failed', index: 0, code: 10 })
  t.deepEqual(await raw.next(), { type: 'done', index: 1 })
  t.deepEqual(await raw.next(), { type: 'finished' })
  raw.end()
  const outcome = await next(outcomes)
  t.is(outcome.type, 'done')
  if (outcome.type === 'done') t.deepEqual(outcome.failures.map(({ path, error }) => [path, (error as { code?: string }).code]), [['a', 'ERR_FILES_HASH']])
  t.deepEqual([...destination.placed.keys()], ['b'])
  t.is(destination.parts.size, 0)
})

test('a receiver that breaks the rules ends the transfer with a code', async t => {
  const { alice, bob } = await both(t)
  const content = random(100_000)
  const begin = async (answers: (raw: Raw) => unknown): Promise<string | undefined> => {
    const sending = sendFiles(alice, bob.id, [memoryFile('a', content)])
    const failed = codeOf(sending)
    const raw = Raw.accept(await next(bob.streams))
    t.like(await raw.next(), { type: 'offer', version: 1 })
    answers(raw)
    return failed
  }
  const accept = { type: 'accept', done: new Uint8Array(1), parts: [] } as const
  t.is(await begin(raw => raw.say({ type: 'refuse', code: 1, index: 0xffff_ffff }).end()), 'ERR_FILES_DECLINED')
  t.is(await begin(raw => raw.say({ type: 'refuse', code: 250, index: 4 })), 'ERR_FILES_PROTOCOL')
  t.is(await begin(raw => raw.say(accept, accept)), 'ERR_FILES_PROTOCOL')
  t.is(await begin(raw => raw.say({ type: 'accept', done: new Uint8Array(1), parts: [{ index: 0, bytes: 100_001, hash: random(32) }] })), 'ERR_FILES_PROTOCOL')
  t.is(await begin(raw => raw.say({ type: 'accept', done: new Uint8Array(100), parts: [] })), 'ERR_FILES_PROTOCOL')
  t.is(await begin(raw => raw.say({ type: 'done', index: 0 })), 'ERR_FILES_PROTOCOL')
  t.is(await begin(raw => raw.say(accept, { type: 'finished' })), 'ERR_FILES_PROTOCOL')
  t.is(await begin(raw => raw.say({ type: 'end' })), 'ERR_FILES_PROTOCOL')
  t.is(await begin(raw => raw.say(accept).end()), 'ERR_FILES_PROTOCOL')
  t.is(await begin(raw => { raw.bytes(Uint8Array.of(16, 255, 255, 255, 255)) }), 'ERR_FILES_PROTOCOL')
  t.is(await begin(raw => { raw.stream.abort(resetError(RESET_CODES.cancelled)) }), 'ERR_FILES_STOPPED')
  t.is(await begin(raw => { raw.stream.abort(new Error('mine')) }), 'ERR_RESET_FAILED')
})

test('a receiver that says it has something else is sent the file anew', async t => {
  const { alice, bob } = await both(t)
  const content = random(100_000)
  const sending = sendFiles(alice, bob.id, [memoryFile('a', content)])
  const raw = Raw.accept(await next(bob.streams))
  await raw.next()
  raw.say({ type: 'accept', done: new Uint8Array(1), parts: [{ index: 0, bytes: 50_000, hash: random(32) }] })
  t.deepEqual(await raw.next(), { type: 'file', index: 0, from: 0 })
  const pieces: Uint8Array[] = []
  let record = await raw.next()
  for (; record?.type === 'data'; record = await raw.next()) pieces.push(record.bytes)
  t.true(same(Buffer.concat(pieces), content))
  t.deepEqual(record, { type: 'sum', hash: sumOf(content) })
  t.deepEqual(await raw.next(), { type: 'end' })
  raw.say({ type: 'done', index: 0 }, { type: 'finished' }).end()
  t.deepEqual((await sending).failures, [])
})

test('a receiver that says nothing, or stops reading: the sender gives up in time', async t => {
  const { alice, bob } = await both(t)
  const content = random(3_000_000)
  const silent = codeOf(sendFiles(alice, bob.id, [memoryFile('a', content)], { limits: { answerTimeout: 50 } }))
  const raw = Raw.accept(await next(bob.streams))
  t.is(await silent, 'ERR_FILES_NO_ANSWER')
  await t.throwsAsync(async () => { while (await raw.next() !== undefined); }, { code: 'ERR_RESET_CANCELLED' })
  const stalled = codeOf(sendFiles(alice, bob.id, [memoryFile('a', content)], { limits: { idleTimeout: 3000, retryTimeout: 1 } }))
  const other = Raw.accept(await next(bob.streams))
  await other.next()
  other.say({ type: 'accept', done: new Uint8Array(1), parts: [] })
  t.is(await stalled, 'ERR_FILES_UNREACHABLE')
})

test('a sender takes no more places than it may', async t => {
  const { alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination, { limits: { maxPeerTransfers: 2 } })
  const raws = [await Raw.dial(alice, bob.id), await Raw.dial(alice, bob.id)]
  await t.throwsAsync(async () => { await (await Raw.dial(alice, bob.id)).next() }, { code: 'ERR_RESET_LIMIT' })
  const busy = await next(outcomes)
  t.is(busy.type === 'failed' && (busy.error as { code?: string }).code, 'ERR_FILES_BUSY')
  for (const raw of raws) {
    raw.stream.abort(resetError(RESET_CODES.gone))
    t.is((await next(outcomes)).type, 'interrupted')
  }
  const again = (await Raw.dial(alice, bob.id)).offer({ path: 'a' })
  t.like(await again.next(), { type: 'accept' })
})

test('a sender that says nothing holds its place for so long only', async t => {
  const { alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination, { limits: { idleTimeout: 3000, maxPeerTransfers: 1 } })
  const raw = await Raw.dial(alice, bob.id)
  await t.throwsAsync(raw.next(), { code: 'ERR_RESET_STALLED' })
  t.is((await next(outcomes)).type, 'interrupted')
  const again = (await Raw.dial(alice, bob.id)).offer({ path: 'a' })
  t.like(await again.next(), { type: 'accept' })
})

test('an offer has to be there in time, whatever comes of it', async t => {
  const { alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination, { limits: { offerTimeout: 100 } })
  await t.throwsAsync(async () => { await (await Raw.dial(alice, bob.id)).next() }, { code: 'ERR_RESET_STALLED' })
  t.is((await next(outcomes)).type, 'interrupted')
})

test('after an offer that is none the next one is not looked at for a while', async t => {
  const { alice, bob, destination } = await both(t)
  const { outcomes } = receiving(bob, destination)
  t.like(await (await Raw.dial(alice, bob.id)).offer({ path: '../a' }).next(), { type: 'refuse' })
  const codes = [await next(outcomes)].map(outcome => outcome.type === 'failed' && (outcome.error as { code?: string }).code)
  await t.throwsAsync(async () => { await (await Raw.dial(alice, bob.id)).offer({ path: '../b' }).next() }, { code: 'ERR_RESET_LIMIT' })
  const second = await next(outcomes)
  t.deepEqual([...codes, second.type === 'failed' && (second.error as { code?: string }).code], ['ERR_FILES_PATH', 'ERR_FILES_BUSY'])
})

test('questions whose sender has gone are withdrawn when there are too many of them', async t => {
  const { alice, bob, destination } = await both(t)
  const open = new Set<AbortSignal>()
  const asked = new Set<string>()
  const { outcomes } = receiving(bob, destination, {
    limits: { maxPeerQuestions: 2, declinePause: 1, maxDeclinePause: 1 },
    accept: ({ manifest }, signal) => {
      asked.add(manifest.entries[0]?.path ?? '')
      open.add(signal)
      signal.addEventListener('abort', () => { open.delete(signal) })
      return new Promise<boolean>(() => {})
    }
  })
  for (let index = 0; index < 6; index++) {
    // who has had a question taken back may have to wait for a moment
    while (!asked.has(`${index}`)) {
      const raw = (await Raw.dial(alice, bob.id)).offer({ path: `${index}` })
      const refused = new AbortController()
      raw.next().catch(() => { refused.abort() })
      while (!asked.has(`${index}`) && !refused.signal.aborted) await new Promise<void>(resolve => { setImmediate(resolve) })
      const expected = refused.signal.aborted ? 'failed' : 'interrupted'
      raw.stream.abort(resetError(RESET_CODES.gone))
      t.is((await next(outcomes)).type, expected)
    }
  }
  t.is(open.size, 2)
})

test('one peer has so many questions open and no more, and the others are asked', async t => {
  const { world, alice, bob, destination } = await both(t)
  const carol = await world.client()
  const asked: string[] = []
  const { outcomes } = receiving(bob, destination, {
    limits: { maxPeerQuestions: 1 },
    accept: ({ from, manifest }) => {
      asked.push(manifest.entries[0]?.path ?? '')
      return equalUuid(from.id, carol.id) ? true : new Promise<boolean>(() => {})
    }
  })
  const raw = (await Raw.dial(alice, bob.id)).offer({ path: 'one' })
  while (asked.length === 0) await new Promise<void>(resolve => { setImmediate(resolve) })
  await t.throwsAsync((await Raw.dial(alice, bob.id)).offer({ path: 'two' }).next(), { code: 'ERR_RESET_LIMIT' })
  const busy = await next(outcomes)
  t.is(busy.type === 'failed' && (busy.error as { code?: string }).code, 'ERR_FILES_BUSY')
  t.deepEqual((await sendFiles(carol, bob.id, [memoryFile('three', random(10))])).failures, [])
  t.deepEqual(asked, ['one', 'three'])
  raw.stream.abort(resetError(RESET_CODES.cancelled))
})

test('who was told no is not asked about again at once, whatever is offered, and the others are', async t => {
  const { world, alice, bob, destination } = await both(t)
  const carol = await world.client()
  const asked: string[] = []
  const { outcomes } = receiving(bob, destination, { limits: { declinePause: 3_600_000, maxDeclinePause: 3_600_000 }, accept: ({ manifest }) => { asked.push(manifest.entries[0]?.path ?? ''); return false } })
  t.is(await codeOf(sendFiles(alice, bob.id, [memoryFile('one', random(1))])), 'ERR_FILES_DECLINED')
  t.is((await next(outcomes)).type, 'failed')
  for (const path of ['one', 'two']) {
    await t.throwsAsync(async () => (await Raw.dial(alice, bob.id)).offer({ path }).next(), { code: 'ERR_RESET_LIMIT' })
    const busy = await next(outcomes)
    t.is(busy.type === 'failed' && (busy.error as { code?: string }).code, 'ERR_FILES_BUSY')
  }
  t.is(await codeOf(sendFiles(carol, bob.id, [memoryFile('three', random(1))])), 'ERR_FILES_DECLINED')
  t.deepEqual(asked, ['one', 'three'])
})

test('who is told to wait comes again by itself, and is asked about then', async t => {
  const { alice, bob, destination } = await both(t)
  const waits: string[] = []
  const onState = (state: SendState): void => { if (state.type === 'waiting') waits.push((state.error as { code?: string }).code ?? '') }
  // no, until it was told to wait: a slow machine may come when the pause is over, and the next one is longer
  const answers: boolean[] = []
  receiving(bob, destination, { limits: { declinePause: 500 }, accept: () => answers[answers.push(waits.length > 0) - 1] as boolean })
  const file = memoryFile('a', random(1))
  t.is(await codeOf(sendFiles(alice, bob.id, [file], { onState })), 'ERR_FILES_DECLINED')
  let code = 'ERR_FILES_DECLINED'
  while (code === 'ERR_FILES_DECLINED') code = await codeOf(sendFiles(alice, bob.id, [file], { onState }))
  t.is(code, 'resolved')
  t.is(waits[0], 'ERR_RESET_LIMIT', 'it was told to wait')
  t.is(answers.indexOf(true), answers.length - 1)
})

test('what is asked of FileReceiver and sendFiles is looked at', async t => {
  const { alice, bob, destination } = await both(t)
  for (const make of [
    () => new FileReceiver(bob, destination, {} as never),
    () => new FileReceiver(bob, {} as never, { accept: () => true }),
    () => new FileReceiver(bob, destination, { accept: 'yes' } as never)
  ]) t.throws(make, { code: 'ERR_ARGUMENT' })
  t.throws(() => new FileReceiver(bob, destination, { accept: () => true, limits: { maxTransfers: 0 } }), { code: 'ERR_LIMIT_OPTION' })
  t.is(await codeOf(sendFiles(alice, bob.id, [])), 'ERR_ARGUMENT')
  t.is(await codeOf(sendFiles(alice, bob.id, [memoryFile('../a', random(1))])), 'ERR_FILES_PATH')
  t.is(await codeOf(sendFiles(alice, bob.id, [memoryFile('a', random(1)), memoryFile('A', random(1))])), 'ERR_FILES_DUPLICATE')
  t.is(await codeOf(sendFiles(alice, bob.id, [memoryFile('a', random(1))], { limits: { maxManifestBytes: 5 } })), 'ERR_FILES_LIMIT')
  t.is(await codeOf(sendFiles(alice, crypto.randomBytes(16), [memoryFile('a', random(1))])), 'ERR_RELAY_UNKNOWN_TARGET')
})
