import test from 'ava'
import { crypto } from '../../lib/crypto/index.js'
import { sendFiles, type FilesProgress, type SourceFile } from '../../lib/files/index.js'
import { codeOf } from '../relay/codes.js'
import { next, World } from '../relay/client/support.js'
import { Raw } from './raw.js'
import { MemoryDestination, memoryFile, random, receiving, same } from './support.js'

test('files go over and are what they were; both sides know it', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const destination = new MemoryDestination()
  const { outcomes } = receiving(bob, destination)
  const contents = [random(300_000), new Uint8Array(0), random(1)]
  const progress: FilesProgress[] = []
  const sent = await sendFiles(alice, bob.id, [
    memoryFile('photos/one.jpg', contents[0] as Uint8Array),
    memoryFile('photos/empty', contents[1] as Uint8Array),
    { type: 'folder', path: 'photos/none', size: 0, modified: 5, open: () => { throw new Error('a folder has no content') } },
    memoryFile('two', contents[2] as Uint8Array)
  ], { onProgress: each => { progress.push(each) } })
  t.deepEqual([sent.bytes, sent.files, sent.failures.length], [300_001, 3, 0])
  const received = await next(outcomes)
  t.is(received.type, 'done')
  if (received.type !== 'done') return
  t.true(received.confirmed)
  t.is(received.transfer.id, sent.id)
  t.deepEqual(received.transfer.from.id, alice.id)
  t.deepEqual([...destination.placed.keys()].sort(), ['photos/empty', 'photos/none/', 'photos/one.jpg', 'two'])
  for (const [index, path] of ['photos/one.jpg', 'photos/empty', 'two'].entries()) t.true(same(destination.placed.get(path), contents[index]))
  t.deepEqual(destination.calls, ['over'])
  const last = progress.at(-1) as FilesProgress
  t.deepEqual([last.bytes, last.size, last.files, last.fileCount, last.resumed], [300_001, 300_001, 3, 3, 0])
})

test('a connection that is cut in the middle: the sender comes again, and every byte is written once', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const destination = new MemoryDestination()
  let cuts = 0
  let asked = 0
  destination.onWrite = (_, offset) => {
    if (cuts < 3 && offset > (cuts + 1) * 500_000) {
      cuts++
      world.cut()
    }
  }
  const { outcomes } = receiving(bob, destination, { accept: () => { asked++; return true } })
  const content = random(3_000_000)
  const { failures } = await sendFiles(alice, bob.id, [memoryFile('a', content)])
  t.deepEqual(failures, [])
  t.is(cuts, 3)
  t.is(asked, 1)
  for (let outcome = await next(outcomes); outcome.type !== 'done'; outcome = await next(outcomes)) t.is(outcome.type, 'interrupted')
  t.true(same(destination.placed.get('a'), content))
  t.is(destination.written, 3_000_000)
})

test('cut off at any byte, again and again, with a relay that restarts: all files arrive, each byte written once', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const destination = new MemoryDestination()
  // of tiny pieces many kinds of records are cut in the middle
  const contents = Array.from({ length: 12 }, (_, index) => random([0, 1, 40_000, 150_000, 400_000, 7][index % 6] as number))
  const total = contents.reduce((sum, { byteLength }) => sum + byteLength, 0)
  receiving(bob, destination)
  let left = 15
  const chance = (): void => {
    if (left === 0 || Math.random() > 0.15) return
    left--
    if (left % 4 === 0) void world.restart()
    else world.cut()
  }
  destination.onWrite = chance
  destination.onFinish = chance
  const { failures } = await sendFiles(alice, bob.id, contents.map((content, index) => memoryFile(`f/${index}`, content, { piece: 5000 })), { onProgress: () => { if (Math.random() < 0.05) chance() } })
  t.deepEqual(failures, [])
  t.is(destination.written, total)
  for (const [index, content] of contents.entries()) t.true(same(destination.placed.get(`f/${index}`), content))
})

test('cut at each record: the transfer ends, whichever was the last that came over', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  for (let at = 0; ; at++) {
    const [alice, bob] = [await world.client(), await world.client()]
    const destination = new MemoryDestination()
    const { outcomes } = receiving(bob, destination)
    const files = [memoryFile('a', random(200_000)), memoryFile('b', new Uint8Array(0)), memoryFile('c', random(10))]
    let step = 0
    const cut = (): void => { if (step++ === at) world.cut() }
    destination.onWrite = cut
    destination.onFinish = cut
    const { failures } = await sendFiles(alice, bob.id, files, { onState: ({ type }) => { if (type !== 'waiting' && type !== 'opening') cut() }, onProgress: cut })
    t.deepEqual(failures, [])
    t.is(destination.written, 200_010)
    t.is(destination.placed.size, 3)
    let outcome = await next(outcomes)
    while (outcome.type !== 'done') outcome = await next(outcomes)
    await Promise.all([alice.close(), bob.close()])
    if (step <= at) return t.true(at > 10)
  }
})

test('a receiver that starts anew over what is there goes on; so does a sender that is given the same files', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const destination = new MemoryDestination()
  const contents = [random(200_000), random(1_000_000), random(50_000)]
  const files = (): SourceFile[] => contents.map((content, index) => memoryFile(String(index), content))
  const controller = new AbortController()
  destination.onWrite = (index, offset) => { if (index === 1 && offset > 400_000) controller.abort(new Error('enough')) }
  const first = receiving(bob, destination)
  t.is((await t.throwsAsync(sendFiles(alice, bob.id, files(), { signal: controller.signal }))).message, 'enough')
  const stopped = await next(first.outcomes)
  t.is(stopped.type === 'failed' && (stopped.error as { code?: string }).code, 'ERR_FILES_STOPPED')
  destination.onWrite = () => {}
  const [again] = [await world.client({ identity: bob.identity, store: bob.store })]
  const second = receiving(again, destination)
  const progress: FilesProgress[] = []
  const { failures } = await sendFiles(alice, bob.id, files(), { onProgress: each => { progress.push(each) } })
  t.deepEqual(failures, [])
  t.is((await next(second.outcomes)).type, 'done')
  t.true((progress[0] as FilesProgress).resumed > 600_000)
  t.is(destination.written, 1_250_000)
  for (const [index, content] of contents.entries()) t.true(same(destination.placed.get(String(index)), content))
})

test('a part that is not what it was begins anew', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const destination = new MemoryDestination()
  const content = random(400_000)
  const controller = new AbortController()
  destination.onWrite = (_, offset) => { if (offset > 100_000) controller.abort(new Error('enough')) }
  const { outcomes } = receiving(bob, destination)
  await t.throwsAsync(sendFiles(alice, bob.id, [memoryFile('a', content)], { signal: controller.signal }))
  // until it has closed its place, nobody else may open that
  await outcomes.next()
  destination.onWrite = () => {}
  for (const part of destination.parts.values()) part[5] = (part[5] as number) ^ 1
  t.is(destination.parts.size, 1)
  const again = await world.client({ identity: bob.identity, store: bob.store })
  receiving(again, destination)
  t.deepEqual((await sendFiles(alice, bob.id, [memoryFile('a', content)])).failures, [])
  t.true(same(destination.placed.get('a'), content))
})

test('a sender that goes away for good is waited for; one that cannot reach the other side gives up in time', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  await bob.close()
  const states: string[] = []
  t.is(await codeOf(sendFiles(alice, bob.id, [memoryFile('a', random(1))], { limits: { retryTimeout: 300 }, onState: ({ type }) => { states.push(type) } })), 'ERR_FILES_UNREACHABLE')
  t.deepEqual(states.slice(0, 2), ['opening', 'waiting'])
  // somebody who comes later is found
  const sending = sendFiles(alice, bob.id, [memoryFile('a', random(1))])
  const again = await world.client({ identity: bob.identity, store: bob.store })
  receiving(again, new MemoryDestination())
  t.deepEqual((await sending).failures, [])
})

test('a newer stream of the same transfer takes the place of one that is not known to be lost', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const destination = new MemoryDestination()
  const { outcomes } = receiving(bob, destination)
  const begin = async (): Promise<Raw> => {
    const raw = (await Raw.dial(alice, bob.id)).offer({ path: 'a', size: 4 })
    t.like(await raw.next(), { type: 'accept' })
    return raw
  }
  const old = await begin()
  old.say({ type: 'file', index: 0, from: 0 }, { type: 'data', bytes: Uint8Array.of(1, 2) })
  while (destination.written < 2) await new Promise<void>(resolve => { destination.onWritten = resolve })
  const fresh = (await Raw.dial(alice, bob.id)).offer({ path: 'a', size: 4 })
  t.like(await fresh.next(), { type: 'accept', parts: [{ index: 0, bytes: 2 }] })
  await t.throwsAsync(old.next(), { code: 'ERR_RESET_GONE' })
  const lost = await next(outcomes)
  t.is(lost.type === 'interrupted' && (lost.error as { code?: string }).code, 'ERR_FILES_SUPERSEDED')
  fresh.say({ type: 'file', index: 0, from: 2 }, { type: 'data', bytes: Uint8Array.of(3, 4) }, { type: 'sum', hash: crypto.sha256.digest(Uint8Array.of(1, 2, 3, 4)) }, { type: 'end' }).end()
  t.is((await next(outcomes)).type, 'done')
  t.deepEqual(destination.placed.get('a'), Uint8Array.of(1, 2, 3, 4))
})
