import test from 'ava'
import fc from 'fast-check'
import { CHAT_LIMITS, chatText, decodeChat, encodeChat, type ChatMessage } from '../../lib/chat/index.js'

const id = fc.uint8Array({ minLength: 16, maxLength: 16 })
const words = fc.string({ unit: 'grapheme', maxLength: 60 })
const messages: fc.Arbitrary<ChatMessage> = fc.oneof(
  fc.record({ type: fc.constant('text' as const), id, time: fc.maxSafeNat(), text: words.filter(text => text !== '') }),
  fc.record({ type: fc.constant('receipt' as const), ids: fc.array(id, { minLength: 1, maxLength: 20 }) }),
  fc.record({ type: fc.constant('name' as const), name: words })
)
const head = (type: number, ...body: number[]): Uint8Array => Uint8Array.of(1, type, ...body)

test('what is written is read back, whatever memory it lies in', t => {
  fc.assert(fc.property(messages, message => {
    const bytes = encodeChat(message)
    t.deepEqual(decodeChat(bytes), message)
    t.deepEqual(decodeChat(Buffer.from(bytes)), message)
  }))
})

test('any bytes are a message that is written so, or refused with a code', t => {
  fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.tuple(fc.constantFrom(1, 2, 3), fc.uint8Array({ maxLength: 80 })).map(([type, body]) => head(type, ...body))), bytes => {
    try {
      t.deepEqual(encodeChat(decodeChat(bytes)), bytes)
    } catch (error) {
      t.regex((error as { code: string }).code, /^ERR_CHAT_(MESSAGE|VERSION)$/)
    }
  }))
})

test('the bytes are those of the documentation', t => {
  const bytes = encodeChat({ type: 'text', id: new Uint8Array(16).fill(7), time: 258, text: 'hé' })
  t.deepEqual([...bytes], [1, 1, ...new Array<number>(16).fill(7), 0, 0, 0, 0, 0, 0, 1, 2, 0x68, 0xc3, 0xa9])
  t.deepEqual([...encodeChat({ type: 'name', name: '' })], [1, 3])
  t.deepEqual([...encodeChat({ type: 'receipt', ids: [new Uint8Array(16)] })], [1, 2, ...new Array<number>(16).fill(0)])
  const { id: one, time } = chatText('a')
  t.notDeepEqual(one, chatText('a').id)
  t.true(Math.abs(Date.now() - time) < 60_000)
})

test('what is too long, too short or no text is refused, before anything is made of it', t => {
  const refused = (bytes: Uint8Array, code = 'ERR_CHAT_MESSAGE'): void => { t.throws(() => decodeChat(bytes), { code }) }
  refused(new Uint8Array(0))
  refused(Uint8Array.of(1))
  refused(Uint8Array.of(2, 1, 0), 'ERR_CHAT_VERSION')
  refused(head(4), 'ERR_CHAT_VERSION')
  refused(head(1, ...new Array<number>(24).fill(0)))
  refused(head(1, ...new Array<number>(16).fill(0), ...new Array<number>(8).fill(255), 0x61))
  refused(head(1, ...new Array<number>(24).fill(0), 0xff))
  refused(head(2))
  refused(head(2, ...new Array<number>(17).fill(0)))
  refused(new Uint8Array([1, 2, ...new Array<number>(16 * (CHAT_LIMITS.maxReceiptIds + 1)).fill(0)]))
  refused(head(3, ...new Array<number>(CHAT_LIMITS.maxNameBytes + 1).fill(0x61)))
  refused(head(3, 0xed, 0xa0, 0x80))
  const most = { type: 'text', id: new Uint8Array(16), time: 0, text: 'x'.repeat(CHAT_LIMITS.maxTextBytes) } as const
  t.deepEqual(decodeChat(encodeChat(most)), most)
  refused(new Uint8Array([...encodeChat(most), 0x61]))
})

test('what cannot be said is refused where it is said', t => {
  for (const wrong of [
    { type: 'text', id: new Uint8Array(16), time: 0, text: '' },
    { type: 'text', id: new Uint8Array(15), time: 0, text: 'a' },
    { type: 'text', id: new Uint8Array(16), time: -1, text: 'a' },
    { type: 'text', id: new Uint8Array(16), time: 0.5, text: 'a' },
    { type: 'text', id: new Uint8Array(16), time: 0, text: '\ud800' },
    { type: 'text', id: new Uint8Array(16), time: 0, text: 'é'.repeat(40_000) },
    { type: 'text', id: new Uint8Array(16), time: 0, text: 'x'.repeat(70_000) },
    { type: 'text', id: new Uint8Array(16), time: 0, text: 5 },
    { type: 'receipt', ids: [] },
    { type: 'receipt', ids: [new Uint8Array(3)] },
    { type: 'receipt', ids: ['id'] },
    { type: 'receipt', ids: new Array<Uint8Array>(CHAT_LIMITS.maxReceiptIds + 1).fill(new Uint8Array(16)) },
    { type: 'name', name: 'x'.repeat(300) },
    { type: 'other' },
    null
  ]) t.throws(() => encodeChat(wrong as ChatMessage), { code: 'ERR_CHAT_VALUE' }, JSON.stringify(wrong).slice(0, 80))
  const text: unknown = 'text'
  t.throws(() => decodeChat(text as Uint8Array), { code: 'ERR_CHAT_MESSAGE' })
})
