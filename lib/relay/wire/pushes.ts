import { bool, decode, encode, fixedBytes, struct, uint64, UUID_BYTES, type Infer } from '../../bytes/index.js'

const uuid = fixedBytes(UUID_BYTES)
const delivery = struct({ position: uint64, id: uuid, sender: uuid, kind: uint64, stored: uint64, length: uint64 })
const presence = struct({ id: uuid, online: bool })

/**
 * What stands before the body in a packet of kind `KIND.delivery`: where the mail stands in the recipient's box, the sender's id
 * for it, who sent it and of what kind it is, when it was stored (milliseconds since 1970), and how long the body is.
 */
export type DeliveryHead = Infer<typeof delivery>
/** The body of a packet of kind `KIND.presence`. */
export type Presence = Infer<typeof presence>

/** Bytes of a {@link DeliveryHead}. */
export const DELIVERY_HEAD_BYTES = delivery.minBytes
/** Bytes of a {@link Presence}. */
export const PRESENCE_BYTES = presence.minBytes

/** @throws ERR_VALUE_RANGE, ERR_VALUE */
export function encodeDeliveryHead (head: DeliveryHead): Uint8Array {
  return encode(delivery, head)
}

/** @throws ERR_SHORT_INPUT, ERR_TRAILING_BYTES */
export function decodeDeliveryHead (bytes: Uint8Array): DeliveryHead {
  return decode(delivery, bytes)
}

/** @throws ERR_VALUE_RANGE, ERR_VALUE */
export function encodePresence (push: Presence): Uint8Array {
  return encode(presence, push)
}

/** @throws ERR_SHORT_INPUT, ERR_TRAILING_BYTES, ERR_BOOL */
export function decodePresence (bytes: Uint8Array): Presence {
  return decode(presence, bytes)
}
