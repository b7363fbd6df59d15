import { randomUuid, UUID_BYTES, type Uuid } from '../bytes/index.js'
import { isObject, join } from '../stream/index.js'
import { chatError } from './errors.js'

/** The kind of mail that holds a chat message: `chat`. */
export const CHAT_KIND = 0x63686174n

/** What a chat message may hold. */
export const CHAT_LIMITS = {
  /** Bytes of a text, in UTF-8. */
  maxTextBytes: 65_536,
  /** Ids of a receipt. */
  maxReceiptIds: 256,
  /** Bytes of a name, in UTF-8. */
  maxNameBytes: 256
} as const

const VERSION = 1
const TEXT = 1
const RECEIPT = 2
const NAME = 3
const HEAD_BYTES = 2
const TIME_BYTES = 8

/** Something that was said. */
export interface ChatText {
  readonly type: 'text'
  /** The sender's name for it, 16 bytes: what a receipt has. */
  readonly id: Uuid
  /** When it was written, by the sender's clock: milliseconds since 1970. */
  readonly time: number
  /** Not empty. It is the sender's: what shows it strips what a terminal or a page would obey. */
  readonly text: string
}

/** Says that texts have been shown to whom they were sent. */
export interface ChatReceipt {
  readonly type: 'receipt'
  /** Of texts; those that are not known say nothing. */
  readonly ids: readonly Uuid[]
}

/** What the sender calls itself: a proposal. */
export interface ChatName {
  readonly type: 'name'
  /** Empty when the sender gives none. */
  readonly name: string
}

/** What is said in a chat: the content of mail of kind {@link CHAT_KIND}. */
export type ChatMessage = ChatText | ChatReceipt | ChatName

/**
 * A text to be sent, with an id of its own.
 *
 * @param time - milliseconds since 1970
 * @example
 * ```ts
 * import { CHAT_KIND, chatText, encodeChat } from 'hushwire/chat'
 * import type { Client } from 'hushwire/relay'
 *
 * async function say (client: Client, to: Uint8Array, text: string) {
 *   const message = chatText(text)
 *   await client.peer(to).send(CHAT_KIND, encodeChat(message))
 *   return message.id // a receipt will have it
 * }
 * ```
 */
export function chatText (text: string, time: number = Date.now()): ChatText {
  return { type: 'text', id: randomUuid(), time, text }
}

/**
 * The bytes of a message: version u8 = 1, type u8, then of a text its id (16), time u64 and UTF-8 to the end; of a receipt ids, 16 bytes each;
 * of a name UTF-8 to the end.
 *
 * @returns a new array, the caller's
 * @throws ERR_CHAT_VALUE when it is beyond {@link CHAT_LIMITS}, empty where it must not be, no well-formed text, or no message
 * @example
 * ```ts runnable
 * import { chatText, decodeChat, encodeChat } from 'hushwire/chat'
 *
 * const said = decodeChat(encodeChat(chatText('hello')))
 * console.log(said.type === 'text' && said.text) // hello
 * ```
 */
export function encodeChat (message: ChatMessage): Uint8Array {
  const given: unknown = isObject(message) ? message.type : undefined
  switch (given) {
    case 'text': return encodeText(message as ChatText)
    case 'receipt': return encodeReceipt(message as ChatReceipt)
    case 'name': return join([head(NAME), utf8((message as ChatName).name, CHAT_LIMITS.maxNameBytes)])
    default: throw chatError('ERR_CHAT_VALUE', 'a type that is none')
  }
}

/**
 * The message of some bytes, all of them checked.
 *
 * @returns a message that shares nothing with its input
 * @throws ERR_CHAT_VERSION, ERR_CHAT_MESSAGE
 */
export function decodeChat (bytes: Uint8Array): ChatMessage {
  if (!(bytes instanceof Uint8Array) || bytes.byteLength < HEAD_BYTES) throw chatError('ERR_CHAT_MESSAGE', 'too short')
  const [version, type] = bytes
  const body = bytes.subarray(HEAD_BYTES)
  if (version !== VERSION) throw chatError('ERR_CHAT_VERSION', `${version ?? ''}`)
  switch (type) {
    case TEXT: return decodeText(body)
    case RECEIPT: return decodeReceipt(body)
    case NAME: return { type: 'name', name: textOf(body, CHAT_LIMITS.maxNameBytes) }
    default: throw chatError('ERR_CHAT_VERSION', `type ${type ?? ''}`)
  }
}

function encodeText ({ id, time, text }: ChatText): Uint8Array {
  checkId(id)
  if (!Number.isSafeInteger(time) || time < 0) throw chatError('ERR_CHAT_VALUE', 'a time is a whole number of milliseconds')
  const body = utf8(text, CHAT_LIMITS.maxTextBytes)
  if (body.byteLength === 0) throw chatError('ERR_CHAT_VALUE', 'a text is not empty')
  const at = new Uint8Array(TIME_BYTES)
  new DataView(at.buffer).setBigUint64(0, BigInt(time))
  return join([head(TEXT), id, at, body])
}

function decodeText (body: Uint8Array): ChatText {
  if (body.byteLength <= UUID_BYTES + TIME_BYTES) throw chatError('ERR_CHAT_MESSAGE', 'a text without text')
  const time = Number(new DataView(body.buffer, body.byteOffset + UUID_BYTES, TIME_BYTES).getBigUint64(0))
  if (!Number.isSafeInteger(time)) throw chatError('ERR_CHAT_MESSAGE', 'a time that is none')
  return { type: 'text', id: copy(body, 0), time, text: textOf(body.subarray(UUID_BYTES + TIME_BYTES), CHAT_LIMITS.maxTextBytes) }
}

function encodeReceipt ({ ids }: ChatReceipt): Uint8Array {
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > CHAT_LIMITS.maxReceiptIds) throw chatError('ERR_CHAT_VALUE', `a receipt has 1 to ${CHAT_LIMITS.maxReceiptIds} ids`)
  return join([head(RECEIPT), ...ids.map(checkId)])
}

function decodeReceipt (body: Uint8Array): ChatReceipt {
  const count = body.byteLength / UUID_BYTES
  if (!Number.isInteger(count) || count === 0 || count > CHAT_LIMITS.maxReceiptIds) throw chatError('ERR_CHAT_MESSAGE', 'a receipt of no ids, too many, or a part of one')
  return { type: 'receipt', ids: Array.from({ length: count }, (_, index) => copy(body, index * UUID_BYTES)) }
}

function head (type: number): Uint8Array { return Uint8Array.of(VERSION, type) }

/** An id in memory of its own, a plain Uint8Array even where the input is a Buffer. */
function copy (bytes: Uint8Array, at: number): Uuid { return new Uint8Array(bytes.subarray(at, at + UUID_BYTES)) }

function checkId (id: unknown): Uuid {
  if (!(id instanceof Uint8Array) || id.byteLength !== UUID_BYTES) throw chatError('ERR_CHAT_VALUE', 'an id has 16 bytes')
  return id
}

/** @throws ERR_CHAT_VALUE */
function utf8 (text: string, most: number): Uint8Array {
  // more characters than bytes are too many, before they are looked at
  if (typeof text !== 'string' || text.length > most || !text.isWellFormed()) throw chatError('ERR_CHAT_VALUE', `a text has at most ${most} bytes and no half of a surrogate pair`)
  const bytes = new TextEncoder().encode(text)
  if (bytes.byteLength > most) throw chatError('ERR_CHAT_VALUE', `a text has at most ${most} bytes`)
  return bytes
}

/** @throws ERR_CHAT_MESSAGE */
function textOf (bytes: Uint8Array, most: number): string {
  if (bytes.byteLength > most) throw chatError('ERR_CHAT_MESSAGE', 'a text that is too long')
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw chatError('ERR_CHAT_MESSAGE', 'a text that is no UTF-8', error)
  }
}
