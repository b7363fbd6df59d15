import { bool, bytes, decode, encode, fixedBytes, slice, struct, uint32, uint64, uint8, UUID_BYTES, type Infer, type Schema } from '../../bytes/index.js'
import { KEY_BYTES, SIGNATURE_BYTES } from '../../crypto/index.js'
import { PROOF_BYTES, RELAY_CODES } from '../../nova/index.js'

/** The version of the relay's protocol that is spoken here, the only one. */
export const RELAY_VERSION = 1
/** Bytes of an invite as it travels. */
export const INVITE_BYTES = 32
/** Bytes of a prekey's name. */
export const PREKEY_ID_BYTES = 8
/** Most bytes of a request or of an answer, but for the body of mail. */
export const MAX_REQUEST_BYTES = 65_536

const uuid = fixedBytes(UUID_BYTES)
const prekey = struct({ id: fixedBytes(PREKEY_ID_BYTES), key: fixedBytes(KEY_BYTES), signature: fixedBytes(SIGNATURE_BYTES) })
const nothing = struct({})

/**
 * What can be asked of a relay (docs/protocol.md, Requests): the operation's number, what is asked, what is answered when the
 * status is `ok`. The head of a request is op u8 | requestId u32, that of an answer op u8 | requestId u32 | status u32.
 */
export const OPERATIONS = {
  /** The first request of a connection: it registers, or is known, and takes the place of an older connection. */
  hello: {
    op: 1,
    ask: struct({ version: uint8, invite: bytes }),
    /** One-time prekeys that wait; the last resort's name or zeros; most bytes of mail; mail that may be unacknowledged; most prekeys. */
    answer: struct({ prekeys: uint32, lastResort: fixedBytes(PREKEY_ID_BYTES), maxMail: uint64, maxOutstanding: uint32, maxPrekeys: uint32 })
  },
  /** Who has an account under an id. */
  lookup: { op: 2, ask: struct({ id: uuid }), answer: struct({ staticKey: fixedBytes(KEY_BYTES), proof: fixedBytes(PROOF_BYTES), online: bool }) },
  /** As lookup, with a prekey, which is handed out to this asker alone unless it is the last resort. */
  takePrekey: { op: 3, ask: struct({ id: uuid }), answer: struct({ staticKey: fixedBytes(KEY_BYTES), proof: fixedBytes(PROOF_BYTES), prekey, oneTime: bool }) },
  /** Leaves prekeys of the asker with the relay; `replace` drops those that wait before. `lastResort` has none or one. */
  publish: { op: 4, ask: struct({ replace: bool, oneTime: slice(prekey), lastResort: slice(prekey) }), answer: struct({ prekeys: uint32 }) },
  /** Mail for somebody: this head, and then the body to the end of the packet. A lifetime of 0 is the longest. */
  mail: { op: 5, ask: struct({ id: uuid, recipient: uuid, kind: uint64, lifetime: uint64 }), answer: struct({ duplicate: bool }) },
  /** Deliver mail on this connection from now on, after a position, with at most so much of it not taken. */
  receive: { op: 6, ask: struct({ after: uint64, maxUntaken: uint32 }), answer: nothing },
  /** The asker has what was delivered at these positions. */
  taken: { op: 7, ask: struct({ positions: slice(uint64) }), answer: nothing },
  /** Whose coming and going the asker wants to hear of from now on, instead of those before; answered with who is there. */
  watch: { op: 8, ask: struct({ ids: slice(uuid) }), answer: struct({ online: slice(bool) }) }
} as const

/** Names of the operations. */
export type OperationName = keyof typeof OPERATIONS
/** What is asked by an operation. */
export type Asked<Name extends OperationName> = Infer<(typeof OPERATIONS)[Name]['ask']>
/** What is answered to an operation when the status is `ok`. */
export type Answered<Name extends OperationName> = Infer<(typeof OPERATIONS)[Name]['answer']>

/** A prekey as it travels. */
export interface WirePrekey {
  /** 8 bytes. */
  readonly id: Uint8Array
  /** X25519, 32 bytes. */
  readonly key: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
}

const requestHead = struct({ op: uint8, requestId: uint32 })
const answerHead = struct({ op: uint8, requestId: uint32, status: uint32 })

/** Bytes of the head of a request. */
export const REQUEST_HEAD_BYTES = requestHead.minBytes
/** Bytes of the head of an answer. */
export const ANSWER_HEAD_BYTES = answerHead.minBytes
/** Bytes of what a mail request says before the body, without the head. */
export const MAIL_HEAD_BYTES = OPERATIONS.mail.ask.minBytes

/** The operation of a number, if there is one. */
export function operationOf (op: number): OperationName | undefined {
  return (Object.keys(OPERATIONS) as OperationName[]).find(name => OPERATIONS[name].op === op)
}

/** A request, without the body of mail. @throws ERR_VALUE_RANGE, ERR_VALUE */
export function encodeRequest<Name extends OperationName> (name: Name, requestId: number, asked: Asked<Name>): Uint8Array {
  const { op, ask } = OPERATIONS[name]
  return encode(struct({ head: requestHead, asked: ask as Schema<Asked<Name>> }), { head: { op, requestId }, asked })
}

/** The first {@link REQUEST_HEAD_BYTES} bytes of a request. @throws ERR_SHORT_INPUT, ERR_TRAILING_BYTES */
export function decodeRequestHead (head: Uint8Array): Infer<typeof requestHead> {
  return decode(requestHead, head)
}

/** What a request asks, behind its head (of mail: {@link MAIL_HEAD_BYTES}). Byte fields are views. @throws ERR_SHORT_INPUT, ERR_TRAILING_BYTES, ERR_SLICE_COUNT, ERR_BOOL */
export function decodeAsked<Name extends OperationName> (name: Name, body: Uint8Array): Asked<Name> {
  return decode(OPERATIONS[name].ask as Schema<Asked<Name>>, body)
}

/** An answer that says yes. @throws ERR_VALUE_RANGE, ERR_VALUE */
export function encodeAnswer<Name extends OperationName> (name: Name, requestId: number, answered: Answered<Name>): Uint8Array {
  const { op, answer } = OPERATIONS[name]
  return encode(struct({ head: answerHead, answered: answer as Schema<Answered<Name>> }), { head: { op, requestId, status: RELAY_CODES.ok }, answered })
}

/** An answer that says no. */
export function encodeRefusal (op: number, requestId: number, status: number): Uint8Array {
  return encode(answerHead, { op, requestId, status })
}

/** The head of an answer, and what follows it. @throws ERR_SHORT_INPUT */
export function decodeAnswerHead (answer: Uint8Array): Infer<typeof answerHead> & { body: Uint8Array } {
  return { ...decode(answerHead, answer.subarray(0, ANSWER_HEAD_BYTES)), body: answer.subarray(ANSWER_HEAD_BYTES) }
}

/** What an answer with status `ok` says. Byte fields are views. @throws ERR_SHORT_INPUT, ERR_TRAILING_BYTES, ERR_SLICE_COUNT, ERR_BOOL */
export function decodeAnswered<Name extends OperationName> (name: Name, body: Uint8Array): Answered<Name> {
  return decode(OPERATIONS[name].answer as Schema<Answered<Name>>, body)
}
