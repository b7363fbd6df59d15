import { KIND, RESERVED_KINDS, type MessagePacket, type Peer } from '../../../nova/index.js'
import type { StoreTransaction } from '../../../store/index.js'
import { asError } from '../../../stream/index.js'
import { relayError } from '../../errors.js'
import { decodeDeliveryHead, DELIVERY_HEAD_BYTES, readHead, type DeliveryHead } from '../../wire/index.js'
import { clientError } from '../errors.js'
import type { Receiving } from './receiving.js'
import { Watched, type Patience } from './watched.js'

/** Bytes that the body of mail of ours has at the very most: a message of it is some bytes long. */
const MAX_OWN = 4096
/** Bytes that sealing adds to a message that does not shrink, but for a part of its length. */
const MAX_ADDED = 65_536

/** Mail that comes, as far as its head. */
export interface Delivery {
  readonly receiving: Receiving
  readonly head: DeliveryHead
  readonly body: AsyncIterable<Uint8Array>
  readonly source: Watched
}

/** Mail that has opened. */
export interface Opened {
  readonly from: Peer
  /** What the application gets; mail without is for the client itself, or refused. */
  readonly bytes?: Uint8Array
  /** Why it is not handed out. */
  readonly refusal?: Error
  /** Uses up the prekey that it was sealed to. */
  use(transaction: StoreTransaction): void
  /** Called when that is written down. */
  kept?(): void
}

/** Opens the body of mail, and decides about its sender. */
export type OpenDelivery = (head: DeliveryHead, source: AsyncIterable<Uint8Array>) => Promise<Opened>

/** Reads the head of a delivery. What is none, or out of order, ends its connection. */
export async function beginDelivery (receiving: Receiving, packet: MessagePacket, patience: Patience): Promise<Delivery | undefined> {
  const source = new Watched(packet.source, patience)
  try {
    const headed = await readHead(source, DELIVERY_HEAD_BYTES)
    if (headed === undefined) throw relayError('ERR_RELAY_PROTOCOL', 'a delivery without its head')
    const { id, sender, ...others } = decodeDeliveryHead(headed.head)
    if (others.position <= receiving.last) throw relayError('ERR_RELAY_PROTOCOL', 'mail out of order')
    receiving.last = others.position
    return { receiving, source, body: headed.rest, head: { ...others, id: new Uint8Array(id), sender: new Uint8Array(sender) } }
  } catch (error) {
    source.leave()
    receiving.fail(asError(error))
    return undefined
  }
}

/** Mail that is for the client itself, and has not to wait until the application takes what stands before it. */
export function isOwn ({ head: { kind } }: Delivery): boolean {
  return kind === KIND.pairing || kind === KIND.paired
}

/**
 * Whether the body can be that of a message of so many bytes: what inflates to nothing could be as long as it likes otherwise.
 *
 * @throws ERR_RELAY_LONG_MAIL
 */
export function checkLength ({ kind, length }: DeliveryHead, maxMessage: number): void {
  const most = kind >= RESERVED_KINDS ? MAX_OWN : 2 * maxMessage + MAX_ADDED
  if (Number(length) > most) throw clientError('ERR_RELAY_LONG_MAIL', `${length} bytes`)
}
