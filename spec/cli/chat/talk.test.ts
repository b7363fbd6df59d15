import test from 'ava'
import { CHAT_KIND } from '../../../lib/chat/index.js'
import { Desk } from '../../../lib/cli/chat/desk.js'
import { unsentTexts } from '../../../lib/cli/chat/records.js'
import type { Screen } from '../../../lib/cli/chat/screen.js'
import { Talk } from '../../../lib/cli/chat/talk.js'
import { Names } from '../../../lib/cli/names.js'
import { Output } from '../../../lib/cli/terminal/output.js'
import { createIdentity } from '../../../lib/nova/index.js'
import { openContacts, type Client, type MailOptions } from '../../../lib/relay/index.js'
import { PresenceWatch } from '../../../lib/relay/client/presence.js'
import { encodePresence } from '../../../lib/relay/wire/index.js'
import { memoryStore } from '../../../lib/store/index.js'
import { deferred, HushwireError, type Deferred } from '../../../lib/stream/index.js'

/** Lets what has been begun go on as far as it does without anybody else. */
async function settled (): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise<void>(resolve => { setImmediate(resolve) })
}

interface Sent { readonly kind: bigint, readonly options: MailOptions | undefined, readonly done: Deferred<void> }

/** A chat at a relay that is in the hands of the test. */
async function talkOf (json: boolean): Promise<{ talk: Talk, sent: Sent[], rests: Array<Deferred<void>>, clock: { now: number }, told: string[], presence: (online: boolean) => Promise<void> }> {
  const store = memoryStore()
  const contacts = await openContacts(store)
  const { id } = await contacts.trust(createIdentity().publicKey)
  const watch = new PresenceWatch({ current: undefined }, { maxWatched: 10, reconnectMin: 1, reconnectMax: 1 })
  const [sent, rests, told, clock] = [[] as Sent[], [] as Array<Deferred<void>>, [] as string[], { now: 0 }]
  const stream = { write: (text: string) => { told.push(text) } }
  const client: Partial<Client> = {
    contacts,
    closed: deferred().promise,
    state: { type: 'connected' },
    messages: (async function * () { await deferred().promise; yield * [] })(),
    presence: ids => watch.watch(ids),
    peer: () => ({ id, open: () => deferred<never>().promise, send: (kind, _bytes, options) => {
      const done = deferred()
      sent.push({ kind, options, done })
      return done.promise
    } })
  }
  const names = await Names.load(store, contacts)
  const output = new Output({ command: 'chat', json }, stream, stream)
  const session = { client, names, output, store, signal: new AbortController().signal } as never
  const screen: Screen = { lines: (async function * () { yield * [] })(), received: () => {}, standing: () => {}, close: () => {} }
  const rest = async (_milliseconds: number, signal: AbortSignal): Promise<void> => {
    const over = deferred()
    signal.addEventListener('abort', () => { over.resolve() })
    rests.push(over)
    return over.promise
  }
  const talk = new Talk({ session, peer: { id, publicKey: new Uint8Array(32), name: 'bob' }, desk: await Desk.open(session), unsent: await unsentTexts(store), screen, clock: () => clock.now, rest })
  await talk.begin()
  const presence = async (online: boolean): Promise<void> => {
    watch.receive({ source: (async function * () { yield encodePresence({ id, online }) })() } as never)
    await settled()
  }
  return { talk, sent, rests, clock, told, presence }
}

test('a relay that does not take what is said is told of once, with its reason, until it has taken something', async t => {
  const { talk, sent, clock, told } = await talkOf(false)
  const unavailable = new HushwireError('ERR_RELAY_UNAVAILABLE', 'the relay cannot do it for now', { layer: 'relay.answer', origin: 'remote', fatal: false })
  void talk.say('one')
  void talk.say('two')
  await settled()
  t.deepEqual(sent.map(({ kind }) => kind), [CHAT_KIND, CHAT_KIND])
  const [one, two] = sent
  one?.options?.onRetry?.(unavailable)
  t.deepEqual(told, [])
  clock.now = 10_000
  one?.options?.onRetry?.(unavailable)
  two?.options?.onRetry?.(unavailable)
  t.is(told.length, 1)
  t.regex(told[0] ?? '', /the relay has not taken what was said yet \(ERR_RELAY_UNAVAILABLE: .*\)\. It is tried again by itself, by the next hushwire chat too\. Tell who runs the relay/)
  one?.done.resolve()
  await settled()
  two?.options?.onRetry?.(unavailable)
  clock.now = 20_000
  two?.options?.onRetry?.(unavailable)
  t.is(told.length, 2)
  two?.done.resolve()
  await talk.end(new AbortController().signal)
  t.is(talk.failed, 0)
})

for (const json of [false, true]) {
  test(`a relay that says without end that the peer comes and goes is told of at a pace, the latest alone${json ? ', to programs too' : ''}`, async t => {
    const { talk, rests, told, presence } = await talkOf(json)
    await presence(false)
    t.is(told.length, json ? 1 : 0)
    const before = told.length
    for (let flip = 0; flip < 100; flip++) await presence(flip % 2 === 0)
    t.is(told.length, before)
    await presence(true)
    rests[0]?.resolve()
    await settled()
    t.is(told.length, before + 1)
    t.regex(told.at(-1) ?? '', json ? /"online":true/ : /bob is there/)
    // gone, and there again before the next look: nothing is new
    await presence(false)
    await presence(true)
    rests[1]?.resolve()
    await settled()
    t.is(told.length, before + 1)
    await presence(false)
    t.is(told.length, before + 2)
    t.regex(told.at(-1) ?? '', json ? /"online":false/ : /bob has gone/)
    await talk.end(AbortSignal.abort())
    t.is(rests.length, 3)
  })
}

test('more texts on their way than are remembered are told as such', async t => {
  const { talk, sent, told } = await talkOf(false)
  for (const count of [1000, 1001]) {
    while (sent.length < count) {
      const said = talk.say(`text ${sent.length}`)
      await new Promise<void>(resolve => { setImmediate(resolve) })
      sent.at(-1)?.done.resolve()
      await said
    }
    await talk.end(AbortSignal.abort())
    t.is(told.at(-1), `bob has not been shown 1000 messages${count > 1000 ? ' or more' : ''} yet; the relay has taken them.\n`)
  }
})
