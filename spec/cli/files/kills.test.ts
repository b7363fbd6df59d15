import test from 'ava'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { random } from '../../files/support.js'
import { cleanUp, pairOf, TestRelay, type Run, type User } from '../support.js'
import { goOn, haltedAt } from './halted.js'

test.after.always(cleanUp)

/** Resolves when so much of a file has come. */
async function come (folder: string, bytes: number): Promise<void> {
  while (partOf(folder) < bytes) await pause(10)
}

test('20 MB with relay, receiver and sender killed in the middle: all of it arrives, and nothing is sent that was there', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = await pairOf(relay)
  const content = random(20_000_000)
  writeFileSync(join(alice.folder, 'a'), content)
  const folder = join(bob.folder, 'in')
  mkdirSync(folder)
  const send = (user: User, env: NodeJS.ProcessEnv = {}): Run => user.start(['send', 'a', '--to', 'bob', '--json'], { env })
  const receive = (user: User): Run => user.start(['receive', 'in', '--yes', '--json'])
  let receiver = receive(bob)
  // the last megabytes are not read before the receiver and the sender were killed
  let sender = send(alice, haltedAt(10_000_000, 15_000_000))
  await come(folder, 3_000_000)
  await relay.stop('SIGKILL')
  await relay.start()
  await come(folder, 8_000_000)
  await receiver.stop('SIGKILL')
  const had = partOf(folder)
  receiver = receive(bob)
  goOn(sender)
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

/** Bytes that have come of the file that is on its way. */
function partOf (folder: string): number {
  const parts = join(folder, '.hushwire-part')
  if (!existsSync(parts)) return 0
  return Math.max(0, ...readdirSync(parts).map(id => statSync(join(parts, id, '0.part'), { throwIfNoEntry: false })?.size ?? 0))
}
