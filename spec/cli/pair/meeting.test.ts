import test from 'ava'
import { Meeting } from '../../../lib/cli/pair/meeting.js'
import { Names } from '../../../lib/cli/names.js'
import type { Session } from '../../../lib/cli/session.js'
import { Output } from '../../../lib/cli/terminal/output.js'
import { createIdentity } from '../../../lib/nova/index.js'
import { openContacts } from '../../../lib/relay/index.js'
import { memoryStore } from '../../../lib/store/index.js'
import { HushwireError } from '../../../lib/stream/index.js'

async function sessionOf (signal: AbortSignal, failure: Error): Promise<{ session: Session, told: string[] }> {
  const store = memoryStore()
  const told: string[] = []
  const stream = { write: (text: string) => { told.push(text) } }
  const client = {
    peer: () => ({ send: async () => { throw failure } }),
    messages: { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
  }
  const names = await Names.load(store, await openContacts(store))
  return { told, session: { client, names, output: new Output({ command: 'pair' }, stream, stream), signal, store, ownName: 'alice' } as never }
}

test('who is told to end waits for no name, and what an error says does nothing to a terminal', async t => {
  const { session, told } = await sessionOf(AbortSignal.abort(), new HushwireError('ERR_X', 'lost\u001b[2J', { layer: 'x', origin: 'local', fatal: true }))
  const meeting = await Meeting.open(session, undefined)
  const { id, publicKey } = createIdentity()
  let over = false
  void meeting.greet({ id, publicKey }, undefined).then(() => { over = true })
  for (let turn = 0; turn < 100; turn++) await new Promise<void>(resolve => { setImmediate(resolve) })
  t.true(over)
  t.is(told[0], 'hushwire pair: our name could not be sent: lost\n')
})
