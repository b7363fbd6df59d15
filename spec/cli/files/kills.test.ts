import test from 'ava'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { random } from '../../files/support.js'
import { cleanUp, pairOf, TestRelay, type Run, type User } from '../support.js'

test.after.always(cleanUp)

/** Resolves when so much of a file has come, or all of it. */
async function come (folder: string, bytes: number): Promise<void> {
  const parts = join(folder, '.hushwire-part')
  mkdirSync(parts, { recursive: true })
  const watched = watch(folder, { recursive: true })
  const there = (): boolean => {
    if (existsSync(join(folder, 'a'))) return true
    return readdirSync(parts).some(id => {
      const part = join(parts, id, '0.part')
      return existsSync(part) && statSync(part).size >= bytes
    })
  }
  try {
    if (there()) return
    await new Promise<void>(resolve => { watched.on('change', () => { if (there()) resolve() }) })
  } finally {
    watched.close()
  }
}

test('20 MB with relay, receiver and sender killed in the middle: all of it arrives, and nothing is sent that was there', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = await pairOf(relay)
  const content = random(20_000_000)
  writeFileSync(join(alice.folder, 'a'), content)
  const folder = join(bob.folder, 'in')
  mkdirSync(folder)
  const send = (user: User): Run => user.start(['send', 'a', '--to', 'bob', '--json'])
  const receive = (user: User): Run => user.start(['receive', 'in', '--yes', '--json'])
  let receiver = receive(bob)
  let sender = send(alice)
  await come(folder, 3_000_000)
  await relay.stop('SIGKILL')
  await relay.start()
  await come(folder, 8_000_000)
  await receiver.stop('SIGKILL')
  const had = existsSync(join(folder, 'a')) ? content.byteLength : partOf(folder)
  receiver = receive(bob)
  const begun = await receiver.event('progress')
  t.true(Number(begun['bytes']) >= had, 'what was there counts')
  await come(folder, 13_000_000)
  await sender.stop('SIGKILL')
  sender = send(alice)
  t.is(await sender.ended, 0, sender.stderr)
  await receiver.event('received')
  await receiver.stop('SIGTERM')
  t.true(readFileSync(join(folder, 'a')).equals(content))
  t.deepEqual(readdirSync(folder), ['a'])
})

function partOf (folder: string): number {
  const parts = join(folder, '.hushwire-part')
  return Math.max(0, ...readdirSync(parts).map(id => statSync(join(parts, id, '0.part'), { throwIfNoEntry: false })?.size ?? 0))
}
