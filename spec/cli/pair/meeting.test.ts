import test from 'ava'
import { answerOffer } from '../../../lib/cli/pair/offer.js'
import { Meeting } from '../../../lib/cli/pair/meeting.js'
import { Names } from '../../../lib/cli/names.js'
import type { Session } from '../../../lib/cli/session.js'
import { Output } from '../../../lib/cli/terminal/output.js'
import { createIdentity } from '../../../lib/nova/index.js'
import { openContacts, type PairOptions, type PeerHandle } from '../../../lib/relay/index.js'
import { fingerprintOf, formatOffer } from '../../../lib/relay/client/pairing/offer.js'
import { memoryStore } from '../../../lib/store/index.js'
import { HushwireError } from '../../../lib/stream/index.js'

async function sessionOf (signal: AbortSignal, failure: Error, send: PeerHandle['send'] = async () => { throw failure }): Promise<{ session: Session, told: string[] }> {
  const store = memoryStore()
  const told: string[] = []
  const stream = { write: (text: string) => { told.push(text) } }
  const client = {
    peer: () => ({ send }),
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

test.serial('a relay that takes neither an answer nor a name is told of, on both ways', async t => {
  const { now } = performance
  t.teardown(() => { performance.now = now })
  const refusal = new HushwireError('ERR_RELAY_UNAVAILABLE', 'the relay cannot do it for now', { layer: 'relay.answer', origin: 'remote', fatal: false })
  /** Refused twice, with more than a moment in between. */
  const refuse = ({ onRetry }: PairOptions = {}): void => {
    performance.now = () => 0
    onRetry?.(refusal)
    performance.now = () => 5000
    onRetry?.(refusal)
    performance.now = now
  }
  const { session, told } = await sessionOf(AbortSignal.abort(), refusal, async (_kind, _bytes, options) => { refuse(options) })
  const { id, publicKey } = createIdentity()
  const meeting = await Meeting.open(session, undefined)
  await meeting.greet({ id, publicKey }, undefined)
  t.regex(told[0] ?? '', /the relay has not taken our name yet \(ERR_RELAY_UNAVAILABLE: .*\)\. Both are paired already; .*until Ctrl-C\. Tell who runs the relay/)
  told.length = 0
  const client = { contacts: { has: () => false }, pair: async (_text: string, options: PairOptions) => { refuse(options); return { id, publicKey } } }
  const text = formatOffer({ url: 'ws://fake/', relayFingerprint: new Uint8Array(32), fingerprint: fingerprintOf(publicKey), token: new Uint8Array(16), expires: Date.now() + 60_000 })
  await answerOffer(text, { ...session, client } as never)
  t.regex(told.join(''), /the relay has not taken our answer yet \(ERR_RELAY_UNAVAILABLE: .*\)\. It is tried again by itself, until Ctrl-C\. Tell who runs the relay/)
})
