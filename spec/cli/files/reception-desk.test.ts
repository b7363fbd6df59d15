import test from 'ava'
import type { Uuid } from '../../../lib/bytes/index.js'
import { ReceptionDesk } from '../../../lib/cli/files/reception-desk.js'
import { Names } from '../../../lib/cli/names.js'
import { Output } from '../../../lib/cli/terminal/output.js'
import type { Session } from '../../../lib/cli/session.js'
import { crypto } from '../../../lib/crypto/index.js'
import { RESET_CODES, resetError } from '../../../lib/nova/index.js'
import { memoryStore } from '../../../lib/store/index.js'
import { Channel, ignore } from '../../../lib/stream/index.js'
import { Raw } from '../../files/raw.js'
import { MemoryDestination } from '../../files/support.js'
import { next, World, type TestClient } from '../../relay/client/support.js'

interface Desk { readonly desk: ReceptionDesk, readonly told: Channel<string>, readonly names: Names, readonly destination: MemoryDestination }

async function deskOf (bob: TestClient, once: boolean): Promise<Desk> {
  const told = new Channel<string>({ maxItems: Infinity, sizeOf: () => 0 })
  const stream = { write: (text: string) => { void told.push(text) } }
  const names = await Names.load(memoryStore(), bob.contacts)
  const session = { client: bob, names, output: new Output({ command: 'receive' }, stream, stream), signal: new AbortController().signal } as Partial<Session> as Session
  const destination = new MemoryDestination()
  const desk = new ReceptionDesk(session, { destination, folder: 'in', names: 'portable', questions: undefined, once }, undefined)
  const serve = async (): Promise<void> => { for await (const each of bob.streams) desk.take(each) }
  serve().catch(ignore)
  return { desk, told, names, destination }
}

const content = Uint8Array.of(7)

/** Sends a file of one byte until the receiver has said that all is there. */
async function sent (who: TestClient, peer: Uuid, path: string): Promise<Raw> {
  const raw = (await Raw.dial(who, peer)).offer({ path })
  const accepted = await raw.next()
  if (accepted?.type !== 'accept') throw new Error(`not accepted: ${accepted?.type}`)
  raw.say({ type: 'file', index: 0, from: 0 }, { type: 'data', bytes: content }, { type: 'sum', hash: crypto.sha256.digest(content) }, { type: 'end' })
  for (let record = await raw.next(); record?.type !== 'finished'; record = await raw.next());
  return raw
}

test('one transfer is one: when it is over, what else was under way ends, and nothing more is taken', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const { desk, destination } = await deskOf(bob, true)
  const held = (await Raw.dial(alice, bob.id)).offer({ path: 'held' })
  t.like(await held.next(), { type: 'accept' })
  const silent = await Raw.dial(alice, bob.id)
  await (await sent(alice, bob.id, 'first')).end().next()
  t.like(await desk.over, { type: 'done', confirmed: true })
  await desk.settled()
  for (const raw of [held, silent]) await t.throwsAsync(raw.next(), { code: 'ERR_RESET_CANCELLED' })
  await t.throwsAsync(sent(alice, bob.id, 'later'))
  t.deepEqual([...destination.placed.keys()], ['first'])
})

test('while the sender of the one transfer is waited for, to hear that all is there, nothing else is taken', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const { desk, destination } = await deskOf(bob, true)
  const held = (await Raw.dial(alice, bob.id)).offer({ path: 'held' })
  t.like(await held.next(), { type: 'accept' })
  ;(await sent(alice, bob.id, 'first')).stream.abort(resetError(RESET_CODES.gone))
  await t.throwsAsync(held.next(), { code: 'ERR_RESET_CANCELLED' })
  await t.throwsAsync((await Raw.dial(alice, bob.id)).offer({ path: 'later' }).next(), { code: 'ERR_RESET_LIMIT' })
  const again = (await Raw.dial(alice, bob.id)).offer({ path: 'first' })
  t.like(await again.next(), { type: 'accept', done: Uint8Array.of(0x80) })
  again.say({ type: 'end' })
  t.like(await again.next(), { type: 'finished' })
  await again.end().next()
  t.like(await desk.over, { type: 'done' })
  await desk.settled()
  t.deepEqual([...destination.placed.keys()], ['first'])
})

test('where nobody is asked, transfers that come to nothing are told once of each contact, and then counted', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const { desk, told, names, destination } = await deskOf(bob, false)
  const name = names.of(alice.id)
  destination.placed.set('mine', content)
  for (let turn = 0; turn < 3; turn++) t.like(await (await Raw.dial(alice, bob.id)).offer({ path: 'mine' }, { path: `new ${turn}` }).next(), { type: 'refuse' })
  await (await sent(alice, bob.id, 'good')).end().next()
  t.regex(await next(told), /wants to send 2 files, 2 B:/)
  t.regex(await next(told), /\(ERR_FILES_EXISTS\)/)
  t.is(await next(told), `from ${name}: 2 attempts more came to nothing\n`)
  t.regex(await next(told), /wants to send 1 file, 1 B:/)
  t.regex(await next(told), /^received 1 file, 1 B from /)
  t.like(await (await Raw.dial(alice, bob.id)).offer({ path: 'mine' }).next(), { type: 'refuse' })
  t.regex(await next(told), /wants to send 1 file, 1 B:/)
  t.regex(await next(told), /\(ERR_FILES_EXISTS\)/)
  await desk.settled()
  t.is(told.length, 0)
})

test('what is no offer of files is told once of each contact', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob, carol] = [await world.client(), await world.client(), await world.client()]
  const { desk, told, names } = await deskOf(bob, false)
  // all before the first is in its pause
  const raws: Raw[] = []
  for (const who of [alice, alice, carol]) raws.push(await Raw.dial(who, bob.id))
  for (const raw of raws) t.like(await raw.say({ type: 'end' }).next(), { type: 'refuse' })
  for (const who of [alice, carol]) t.regex(await next(told), new RegExp(`something from ${names.of(who.id)} that is no offer of files was refused: .* \\(ERR_FILES_PROTOCOL\\)`))
  await desk.settled()
  t.is(told.length, 0)
})
