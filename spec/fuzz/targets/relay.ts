import { decodeRelayError, encodeRelayError } from '../../../lib/nova/index.js'
import {
  decodeAnswered, decodeAsked, decodeDeliveryHead, decodePresence, encodeAnswer, encodeDeliveryHead, encodePresence, encodeRequest, OPERATIONS, REQUEST_HEAD_BYTES, ANSWER_HEAD_BYTES, type OperationName
} from '../../../lib/relay/wire/index.js'
import type { Random } from '../random.js'
import { same, type Target } from '../target.js'

const NAMES = Object.keys(OPERATIONS) as OperationName[]

/** What is asked and answered, read and written again without its head. */
const MESSAGES = [
  (bytes: Uint8Array) => encodeRelayError(decodeRelayError(bytes)),
  (bytes: Uint8Array) => encodeDeliveryHead(decodeDeliveryHead(bytes)),
  (bytes: Uint8Array) => encodePresence(decodePresence(bytes)),
  ...NAMES.map(name => (bytes: Uint8Array) => encodeRequest(name, 0, decodeAsked(name, bytes)).subarray(REQUEST_HEAD_BYTES)),
  ...NAMES.map(name => (bytes: Uint8Array) => encodeAnswer(name, 0, decodeAnswered(name, bytes)).subarray(ANSWER_HEAD_BYTES))
] as const

function prekey (random: Random): { id: Uint8Array, key: Uint8Array, signature: Uint8Array } {
  return { id: random.bytes(8), key: random.bytes(32), signature: random.bytes(64) }
}

function several<T> (random: Random, make: () => T): T[] {
  return Array.from({ length: random.nat(5) }, make)
}

/** A valid request or answer of each operation, with its head. */
const VALID: Readonly<Record<OperationName, readonly [request: (random: Random) => Uint8Array, answer: (random: Random) => Uint8Array]>> = {
  hello: [
    random => encodeRequest('hello', 0, { version: 1, invite: random.bytes(random.pick([0, 32])) }),
    random => encodeAnswer('hello', 0, { prekeys: random.nat(9), lastResort: random.bytes(8), maxMail: BigInt(random.nat(2 ** 32)), maxOutstanding: random.nat(999), maxPrekeys: random.nat(999) })
  ],
  lookup: [
    random => encodeRequest('lookup', 0, { id: random.bytes(16) }),
    random => encodeAnswer('lookup', 0, { staticKey: random.bytes(32), proof: random.bytes(96), online: random.bool() })
  ],
  takePrekey: [
    random => encodeRequest('takePrekey', 0, { id: random.bytes(16) }),
    random => encodeAnswer('takePrekey', 0, { staticKey: random.bytes(32), proof: random.bytes(96), prekey: prekey(random), oneTime: random.bool() })
  ],
  publish: [
    random => encodeRequest('publish', 0, { replace: random.bool(), oneTime: several(random, () => prekey(random)), lastResort: random.bool() ? [prekey(random)] : [] }),
    random => encodeAnswer('publish', 0, { prekeys: random.nat(200) })
  ],
  mail: [
    random => encodeRequest('mail', 0, { id: random.bytes(16), recipient: random.bytes(16), kind: BigInt(random.nat(2 ** 32)), lifetime: BigInt(random.nat(2 ** 32)) }),
    random => encodeAnswer('mail', 0, { duplicate: random.bool() })
  ],
  receive: [
    random => encodeRequest('receive', 0, { after: BigInt(random.nat(2 ** 32)), maxUntaken: random.nat(256) }),
    () => encodeAnswer('receive', 0, {})
  ],
  taken: [
    random => encodeRequest('taken', 0, { positions: several(random, () => BigInt(random.nat(2 ** 32))) }),
    () => encodeAnswer('taken', 0, {})
  ],
  watch: [
    random => encodeRequest('watch', 0, { ids: several(random, () => random.bytes(16)) }),
    random => encodeAnswer('watch', 0, { online: several(random, () => random.bool()) })
  ]
}

/** What a relay and its clients say to each other: errors, deliveries, presence, requests, answers. */
export const messages: Target = {
  name: 'relay.messages',
  valid: random => {
    const which = random.nat(MESSAGES.length - 1)
    const at = which - 3
    const name = NAMES[at % NAMES.length] as OperationName
    const own = [
      () => encodeRelayError({ code: random.nat(13), target: random.bytes(16), kind: BigInt(random.nat(2 ** 32)), text: random.pick(['', 'gone', 'ü'.repeat(random.nat(600))]) }),
      () => encodeDeliveryHead({ position: BigInt(random.nat(2 ** 32)), id: random.bytes(16), sender: random.bytes(16), kind: 1n, stored: BigInt(random.nat(2 ** 32)), length: BigInt(random.nat(2 ** 32)) }),
      () => encodePresence({ id: random.bytes(16), online: random.bool() })
    ]
    const body = own[which]?.() ?? (at < NAMES.length ? VALID[name][0](random).subarray(REQUEST_HEAD_BYTES) : VALID[name][1](random).subarray(ANSWER_HEAD_BYTES))
    return Uint8Array.of(which, ...body)
  },
  decode: input => {
    const { chosen, rest } = input.choice(MESSAGES.length)
    same('written again', (MESSAGES[chosen] as (bytes: Uint8Array) => Uint8Array)(rest), rest)
  },
  codes: ['ERR_SHORT_INPUT', 'ERR_TRAILING_BYTES', 'ERR_UTF8', 'ERR_BOOL'],
  first: ['ERR_SHORT_INPUT', 'ERR_TRAILING_BYTES'],
  edges: [8, 16, 32, 64, 96, 104, 1024],
  largest: bytes => 2 * bytes + 512
}
