import { decode, encode, fixedBytes, struct, uint32, uint64, UUID_BYTES, type Infer, type Uuid } from '../bytes/index.js'
import type { StoreTransaction, StoreView } from './interface.js'
import { keysUnder, numberIn, storeKey } from './keys.js'

/**
 * The records of a mailbox, version 1:
 *
 * | key | value |
 * |---|---|
 * | `mail/header/` recipient, position | {@link HEADER} |
 * | `mail/part/` body, index | bytes of the body |
 * | `mail/expiry/` expires, position | recipient |
 * | `mail/seen/` sender | position of its newest (8), its newest ids (16 each) |
 * | `mail/counter` | the first number that no position and no body has |
 *
 * A message is there when its header is: parts without one are what an unfinished message left behind.
 */
const HEADER = struct({
  id: fixedBytes(UUID_BYTES),
  sender: fixedBytes(UUID_BYTES),
  kind: uint64,
  length: uint64,
  body: uint64,
  parts: uint32,
  stored: uint64,
  expires: uint64
})

/** What is stored of a message, its parts aside. */
export interface MailHeader extends Omit<Infer<typeof HEADER>, 'length' | 'body' | 'stored' | 'expires'> {
  readonly length: number
  readonly body: number
  readonly stored: number
  readonly expires: number
}

const HEADERS = storeKey('mail/header/')
const PARTS = storeKey('mail/part/')
const EXPIRIES = storeKey('mail/expiry/')
const SEEN = storeKey('mail/seen/')
/** Where one more number is kept than has been given. */
export const COUNTER_KEY: Uint8Array = storeKey('mail/counter')

/** Keys of the mailbox's records. */
export const mailKeys = {
  headers: keysUnder(HEADERS),
  parts: keysUnder(PARTS),
  senders: keysUnder(SEEN),
  header: (recipient: Uuid, position: number) => storeKey('mail/header/', recipient, position),
  /** Of headers of one recipient behind a position. */
  headersAfter: (recipient: Uuid, after: number) => ({ from: storeKey('mail/header/', recipient, after + 1), to: keysUnder(storeKey('mail/header/', recipient)).to }),
  part: (body: number, index: number) => storeKey('mail/part/', body, index),
  partsOf: (body: number) => keysUnder(storeKey('mail/part/', body)),
  expiry: (expires: number, position: number) => storeKey('mail/expiry/', expires, position),
  /** Of what had run out at a time. */
  expiredAt: (time: number) => ({ from: EXPIRIES, to: storeKey('mail/expiry/', time + 1) }),
  seen: (sender: Uuid) => storeKey('mail/seen/', sender),
  recipientIn: (key: Uint8Array): Uuid => key.slice(HEADERS.byteLength, HEADERS.byteLength + UUID_BYTES),
  positionIn: (key: Uint8Array): number => numberIn(key, key.byteLength - 8),
  bodyIn: (key: Uint8Array): number => numberIn(key, PARTS.byteLength),
  senderIn: (key: Uint8Array): Uuid => key.slice(SEEN.byteLength)
} as const

export function encodeHeader (header: MailHeader): Uint8Array {
  const { length, body, stored, expires } = header
  return encode(HEADER, { ...header, length: BigInt(length), body: BigInt(body), stored: BigInt(stored), expires: BigInt(expires) })
}

export function headerAt (view: StoreView, key: Uint8Array): MailHeader | undefined {
  const value = view.get(key)
  if (value === undefined) return undefined
  const { length, body, stored, expires, ...rest } = decode(HEADER, value)
  return { ...rest, length: Number(length), body: Number(body), stored: Number(stored), expires: Number(expires) }
}

/** Takes a message out, with all that belongs to it. */
export function removeMail (transaction: StoreTransaction, recipient: Uuid, position: number): MailHeader | undefined {
  const key = mailKeys.header(recipient, position)
  const header = headerAt(transaction, key)
  if (header === undefined) return undefined
  transaction.delete(key)
  transaction.delete(mailKeys.expiry(header.expires, position))
  for (let index = 0; index < header.parts; index++) transaction.delete(mailKeys.part(header.body, index))
  return header
}
