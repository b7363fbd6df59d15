import test from 'ava'
import { equalUuid, randomUuid, type Uuid } from '../../../lib/bytes/index.js'
import { CHAT_KIND, chatText, decodeChat, encodeChat, type ChatMessage, type ChatText } from '../../../lib/chat/index.js'
import { Desk } from '../../../lib/cli/chat/desk.js'
import { RECEIPT_LIMITS, Receipts } from '../../../lib/cli/chat/receipts.js'
import { TEXT_LIMITS, TextRecords, unreadTexts } from '../../../lib/cli/chat/records.js'
import { Names } from '../../../lib/cli/names.js'
import { Output } from '../../../lib/cli/terminal/output.js'
import { createIdentity } from '../../../lib/nova/index.js'
import { openContacts, type Client, type ClientMessage, type PeerHandle } from '../../../lib/relay/index.js'
import { keysUnder, memoryStore, storeKey } from '../../../lib/store/index.js'
import { deferred } from '../../../lib/stream/index.js'

/** A client that has these messages, and says which of them were taken. */
function clientOf (mail: ReadonlyArray<{ from: Uuid, kind?: bigint, bytes: Uint8Array }>, taken: number[]): Client {
  async function * messages (): AsyncGenerator<ClientMessage> {
    for (const [index, { from, kind = CHAT_KIND, bytes }] of mail.entries()) {
      yield { from: { id: from }, kind, bytes, id: randomUuid(), stored: 0, taken: async () => { taken.push(index) } } as ClientMessage
    }
  }
  return { messages: messages() } as Partial<Client> as Client
}

async function people (count: number): Promise<{ store: ReturnType<typeof memoryStore>, ids: Uuid[], names: Names, output: Output, told: string[] }> {
  const store = memoryStore()
  const contacts = await openContacts(store)
  const ids: Uuid[] = []
  for (let index = 0; index < count; index++) ids.push((await contacts.trust(createIdentity().publicKey)).id)
  const told: string[] = []
  const stream = { write: (text: string) => { told.push(text) } }
  return { store, ids, names: await Names.load(store, contacts), output: new Output({ command: 'chat' }, stream, stream), told }
}

const said = (message: ChatMessage): Uint8Array => encodeChat(message)

test('texts are shown or kept, names are learnt, and what is no message is told and dropped', async t => {
  const { store, ids: [one, other], names, output, told } = await people(2)
  if (one === undefined || other === undefined) throw new Error('nobody')
  const [shown, kept] = [chatText('shown'), chatText('kept')]
  const taken: number[] = []
  const client = clientOf([
    { from: one, bytes: said({ type: 'name', name: 'Al\u001b[2Jice' }) },
    { from: one, bytes: said(shown) },
    { from: other, bytes: said(kept) },
    { from: other, bytes: said(kept) },
    { from: other, bytes: Uint8Array.of(9) },
    { from: other, kind: 5n, bytes: Uint8Array.of(1) },
    { from: other, bytes: Uint8Array.of(9) },
    { from: other, kind: 6n, bytes: Uint8Array.of(1) },
    { from: other, bytes: said({ type: 'receipt', ids: [kept.id] }) }
  ], taken)
  const desk = await Desk.open({ client, names, output, store })
  const events: string[] = []
  await desk.read({
    onText: (from, text) => {
      if (equalUuid(from, other)) return false
      events.push(text.text)
      return true
    },
    onName: (_from, name) => { events.push(`name ${name}`) },
    onReceipt: (_from, { ids }) => { events.push(`receipt ${ids.length}`) }
  })
  t.deepEqual(events, ['name Al\u001b[2Jice', 'shown', 'receipt 1'])
  t.deepEqual(taken, [0, 1, 2, 3, 4, 5, 6, 7, 8])
  t.is(names.of(one), 'Alice')
  // the same text twice is one
  t.is(desk.unread.count(other), 1)
  t.deepEqual(await desk.unread.of(other), [kept])
  t.is(told.length, 2, 'each matter once of each contact')
  t.regex(told[0] ?? '', /cannot be read: the bytes are no chat message.* \(ERR_CHAT_MESSAGE\)/)
  t.regex(told[1] ?? '', /of another kind from .* was dropped/)
})

test('texts are kept in the order of their times, by whom they are, and up to a number', async t => {
  const store = memoryStore()
  const limits = { ...TEXT_LIMITS.unread, maxTexts: 3 }
  const [one, other] = [randomUuid(), randomUuid()]
  const records = await TextRecords.load(store, 'test/', limits)
  const texts = [chatText('c', 300), chatText('a', 100), chatText('b', 200)]
  for (const text of texts) await records.add({ peer: one, text })
  t.true(records.full)
  t.deepEqual((await records.of(one)).map(({ text }) => text), ['a', 'b', 'c'])
  t.deepEqual(await records.of(other), [])
  const again = await TextRecords.load(store, 'test/', limits)
  t.is(again.count(one), 3)
  await again.delete({ peer: one, text: texts[0] as ChatText })
  await again.delete({ peer: one, text: texts[0] as ChatText })
  t.is(again.total, 2)
  t.false(again.full)
})

test('texts are counted without being read', async t => {
  const store = memoryStore()
  const [peer, text] = [randomUuid(), chatText('x'.repeat(1000))]
  await (await TextRecords.load(store, 'test/', TEXT_LIMITS.unread)).add({ peer, text })
  const keysAlone: typeof store = {
    ...store,
    read: async work => store.read(view => work({ keys: range => view.keys(range), get: () => { throw new Error('read') } }))
  }
  const records = await TextRecords.load(keysAlone, 'test/', { ...TEXT_LIMITS.unread, maxPeerBytes: 1000 })
  t.is(records.count(peer), 1)
  t.true(records.fullOf(peer))
})

test('texts of before their keys had a size are counted and deleted like others', async t => {
  const store = memoryStore()
  const [peer, text] = [randomUuid(), chatText('hello', 5)]
  await store.write(transaction => { transaction.set(storeKey('test/', peer, text.time, text.id), encodeChat(text)) })
  const records = await TextRecords.load(store, 'test/', { ...TEXT_LIMITS.unread, maxTexts: 2 })
  t.deepEqual([records.total, records.full, records.fullOf(peer)], [1, false, false])
  t.deepEqual(await records.of(peer), [text])
  await records.delete({ peer, text })
  t.is((await TextRecords.load(store, 'test/', TEXT_LIMITS.unread)).total, 0)
  t.deepEqual(await store.read(view => [...view.keys(keysUnder(storeKey('test/')))]), [])
})

test('each has a share in texts and in bytes, which those that are there count against', async t => {
  const store = memoryStore()
  const [one, other] = [randomUuid(), randomUuid()]
  const limits = { maxPeerTexts: 2, maxPeerBytes: 300, maxTexts: 4, maxBytes: 1000 }
  const records = await TextRecords.load(store, 'test/', limits)
  const long = chatText('x'.repeat(300))
  await records.add({ peer: one, text: long })
  t.deepEqual([records.fullOf(one), records.fullOf(other), records.full], [true, false, false], 'bytes')
  await records.delete({ peer: one, text: long })
  t.false(records.fullOf(one))
  for (const text of [chatText('a'), chatText('b')]) await records.add({ peer: one, text })
  t.deepEqual([records.fullOf(one), records.fullOf(other)], [true, false], 'texts')
  const again = await TextRecords.load(store, 'test/', limits)
  t.true(again.fullOf(one))
  await again.add({ peer: other, text: long })
  t.false(again.full)
  await again.add({ peer: randomUuid(), text: chatText('y'.repeat(700)) })
  t.true(again.full, 'the bytes of all')
})

test('one who writes without end is dropped beyond its share, told once, and holds nobody up', async t => {
  const { store, ids: [flood, other], names, output, told } = await people(2)
  if (flood === undefined || other === undefined) throw new Error('nobody')
  const before = await unreadTexts(store)
  for (let index = 0; index < TEXT_LIMITS.unread.maxPeerTexts - 1; index++) await before.add({ peer: flood, text: chatText('x') })
  const taken: number[] = []
  const late = chatText('late')
  const client = clientOf([...[1, 2, 3, 4].map(() => ({ from: flood, bytes: said(chatText('x')) })), { from: other, bytes: said(late) }], taken)
  const desk = await Desk.open({ client, names, output, store })
  await desk.read({})
  t.deepEqual(taken, [0, 1, 2, 3, 4])
  t.is(desk.unread.count(flood), TEXT_LIMITS.unread.maxPeerTexts)
  t.deepEqual(await desk.unread.of(other), [late])
  t.is(told.length, 1)
  t.regex(told[0] ?? '', /2000 messages of .* have not been read, and what more .* writes is dropped/)
})

test('when no more may be kept, mail is left where it is', async t => {
  const { store, ids: [one], names, output, told } = await people(1)
  if (one === undefined) throw new Error('nobody')
  const taken: number[] = []
  const client = clientOf([1, 2, 3].map(() => ({ from: one, bytes: said(chatText('x')) })), taken)
  const desk = await Desk.open({ client, names, output, store })
  Object.defineProperty(desk.unread, 'full', { get: () => desk.unread.total >= 2 })
  await desk.read({})
  t.deepEqual(taken, [0, 1])
  const second = await Desk.open({ client: clientOf([{ from: one, bytes: said(chatText('x')) }], taken), names, output, store })
  Object.defineProperty(second.unread, 'full', { value: true })
  await second.read({})
  t.deepEqual(taken, [0, 1], 'nothing is fetched when there is no room at the start')
  t.regex(told.at(-1) ?? '', /2 messages have not been read; no more are fetched/)
})

test('receipts that come together go together, and one that is lost holds up nothing', async t => {
  const sent: number[] = []
  let gate = deferred()
  const peer: Partial<PeerHandle> = {
    send: async (_kind, bytes) => {
      const message = decodeChat(bytes)
      sent.push(message.type === 'receipt' ? message.ids.length : 0)
      await gate.promise
    }
  }
  const receipts = new Receipts(peer as PeerHandle)
  for (let index = 0; index < 3; index++) receipts.add(randomUuid())
  await Promise.resolve()
  await Promise.resolve()
  t.deepEqual(sent, [3])
  for (let index = 0; index < 300; index++) receipts.add(randomUuid())
  gate.reject(new Error('lost'))
  gate = deferred()
  gate.resolve()
  await receipts.sent
  t.deepEqual(sent, [3, 256, 44])
})

test('at a relay that takes no mail no more than so many receipts wait; those beyond are lost, and later ones are sent', async t => {
  let sent = 0
  const gate = deferred()
  const peer: Partial<PeerHandle> = {
    send: async (_kind, bytes) => {
      const message = decodeChat(bytes)
      await gate.promise
      sent += message.type === 'receipt' ? message.ids.length : 0
    }
  }
  const receipts = new Receipts(peer as PeerHandle)
  for (let index = 0; index < RECEIPT_LIMITS.maxWaiting + 5; index++) receipts.add(randomUuid())
  gate.resolve()
  await receipts.sent
  t.is(sent, RECEIPT_LIMITS.maxWaiting)
  receipts.add(randomUuid())
  await receipts.sent
  t.is(sent, RECEIPT_LIMITS.maxWaiting + 1)
})
