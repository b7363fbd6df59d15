import test from 'ava'
import { sendFiles, type FilesProgress } from '../../lib/files/index.js'
import { next, World } from '../relay/client/support.js'
import { MemoryDestination, memoryFile, random, receiving } from './support.js'

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
  t.deepEqual(new Map([...destination.placed]), new Map([['photos/none/', new Uint8Array(0)], ['photos/one.jpg', contents[0]], ['photos/empty', contents[1]], ['two', contents[2]]]) as Map<string, Uint8Array>)
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
  t.deepEqual(destination.placed.get('a'), content)
  t.is(destination.written, 3_000_000)
})
