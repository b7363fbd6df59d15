import test from 'ava'
import { fromHex } from '../../../lib/bytes/index.js'
import { clientError, statusError } from '../../../lib/relay/client/errors.js'
import type { Client, MailOptions, PeerHandle } from '../../../lib/relay/index.js'
import { RELAY_CODES } from '../../../lib/nova/index.js'
import type { TextEntry } from '../../../lib/page/app/model/entry.js'
import { History } from '../../../lib/page/app/model/history.js'
import { People } from '../../../lib/page/app/model/people.js'
import { Texts } from '../../../lib/page/app/model/texts.js'
import { memoryStore } from '../../../lib/store/index.js'
import { deferred, ignore } from '../../../lib/stream/index.js'

const BOB = '0b'.repeat(16)
const UNAVAILABLE = statusError(RELAY_CODES.unavailable)

/** What is being sent. */
interface Mail {
  readonly sent: { readonly promise: Promise<void>, resolve(): void, reject(error: Error): void }
  readonly onRetry: (error: Error) => void
}

/** A text that is being sent by a client of the test's. */
async function said (): Promise<{ texts: Texts, mail: Mail, entry: () => TextEntry, changed: (is: (entry: TextEntry) => boolean) => Promise<TextEntry> }> {
  const store = memoryStore()
  const [history, people] = [await History.load(store), await People.load(store)]
  const mail: Mail = { sent: deferred(), onRetry: ignore }
  const send = (_kind: bigint, _bytes: Uint8Array, { onRetry = ignore }: MailOptions = {}): Promise<void> => {
    Object.assign(mail, { sent: deferred(), onRetry })
    return mail.sent.promise
  }
  const client = {
    state: { type: 'connected' },
    peer: (id: Uint8Array) => {
      if (id.join() !== fromHex(BOB).join()) throw new Error('somebody else')
      return { send } as Partial<PeerHandle> as PeerHandle
    }
  } as Partial<Client> as Client
  const texts = new Texts(client, { history, people, ownName: () => 'Alice', onText: () => {} })
  await texts.say(BOB, 'hello')
  const entry = (): TextEntry => history.last(BOB) as TextEntry
  const changed = (is: (entry: TextEntry) => boolean): Promise<TextEntry> => new Promise(resolve => {
    const look = (): void => { if (is(entry())) resolve(entry()) }
    history.changes.on(look)
    look()
  })
  return { texts, mail, entry, changed }
}

test('a text that the relay does not take says why, once that is not for a moment, until it is taken', async t => {
  const { mail, entry, changed } = await said()
  mail.onRetry(UNAVAILABLE)
  t.is(entry().trouble, undefined)
  mail.onRetry(UNAVAILABLE)
  t.regex((await changed(({ trouble }) => trouble !== undefined)).trouble ?? '', /its disk may be full/)
  t.is(entry().state, 'waiting')
  mail.sent.resolve()
  t.is((await changed(({ state }) => state === 'sent')).trouble, undefined)
})

test('a text that is refused for now says why, and one that can never be sent, until it is tried again', async t => {
  const full = await said()
  full.mail.sent.reject(statusError(RELAY_CODES.quota))
  t.regex((await full.changed(({ trouble }) => trouble !== undefined)).trouble ?? '', /As much waits for them as the relay takes/)
  t.is(full.entry().state, 'waiting')
  const wrong = await said()
  wrong.mail.sent.reject(clientError('ERR_OFFER_PEER'))
  const failed = await wrong.changed(({ state }) => state === 'failed')
  t.is(typeof failed.trouble, 'string')
  await wrong.texts.again(failed)
  t.is(wrong.entry().state, 'waiting')
  t.is(wrong.entry().trouble, undefined)
  wrong.mail.sent.resolve()
  await wrong.changed(({ state }) => state === 'sent')
})
