import test from 'ava'
import { ReceptionDesk } from '../../../lib/cli/files/reception-desk.js'
import { Names } from '../../../lib/cli/names.js'
import { Output } from '../../../lib/cli/terminal/output.js'
import type { Session } from '../../../lib/cli/session.js'
import { memoryStore } from '../../../lib/store/index.js'
import { Channel, ignore } from '../../../lib/stream/index.js'
import { Raw } from '../../files/raw.js'
import { MemoryDestination } from '../../files/support.js'
import { next, World } from '../../relay/client/support.js'

test('what is no offer of files is told once of each contact', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob, carol] = [await world.client(), await world.client(), await world.client()]
  const told = new Channel<string>({ maxItems: Infinity, sizeOf: () => 0 })
  const stream = { write: (text: string) => { void told.push(text) } }
  const names = await Names.load(memoryStore(), bob.contacts)
  const session = { client: bob, names, output: new Output({ command: 'receive' }, stream, stream), signal: new AbortController().signal } as Partial<Session> as Session
  const desk = new ReceptionDesk(session, { destination: new MemoryDestination(), folder: 'in', names: 'portable', questions: undefined, once: false }, undefined)
  const serve = async (): Promise<void> => { for await (const each of bob.streams) desk.take(each) }
  serve().catch(ignore)
  for (const who of [alice, alice, carol]) {
    const raw = (await Raw.dial(who, bob.id)).say({ type: 'end' })
    t.like(await raw.next(), { type: 'refuse' })
  }
  for (const who of [alice, carol]) t.regex(await next(told), new RegExp(`something from ${names.of(who.id)} that is no offer of files was refused: .* \\(ERR_FILES_PROTOCOL\\)`))
  await desk.settled()
  t.is(told.length, 0)
})
