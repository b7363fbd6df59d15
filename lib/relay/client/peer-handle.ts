import type { Uuid } from '../../bytes/index.js'
import { checkCall } from './check.js'
import type { PeerStream } from './streams/live-stream.js'
import { checkKind, type MailOptions, type Outbox } from './mail/outbox.js'
import type { Policy } from './policy.js'
import type { OpenStreamOptions, Streams } from './streams/streams.js'

/** Somebody to send mail to, or to open streams with. It holds nothing. */
export interface PeerHandle {
  readonly id: Uuid
  /**
   * Sends mail: sealed to a prekey of the recipient, who need not be there, and acknowledged when the relay has stored it.
   * Mail to one recipient arrives in the order in which it was given to `send`, and each once, however often the connection is
   * lost before the acknowledgement; without a connection it waits, as long as the signal allows.
   *
   * @param kind - the application's own meaning, below 2^63
   * @param bytes - to be left alone until the promise settles
   * @throws ERR_RELAY_QUEUE at once when too much waits; ERR_RELAY_UNKNOWN_TARGET, ERR_RELAY_QUOTA, ERR_RELAY_TOO_LONG,
   *   ERR_RELAY_NO_PREKEY, ERR_RELAY_PROOF, ERR_PREKEY_SIGNATURE, ERR_OFFER_PEER when the key is not the one of the contact, ERR_RELAY_PROTOCOL,
   *   ERR_ARGUMENT, the signal's reason, or what has ended the client (as rejections). After one message was rejected, those behind it go on.
   */
  send(kind: bigint, bytes: Uint8Array, options?: MailOptions): Promise<void>
  /**
   * Opens a live stream, which the peer has to accept. Nothing of it is stored, and it ends with the connection.
   *
   * @param kind - the application's own meaning, below 2^63
   * @throws ERR_RELAY_OFFLINE, ERR_RELAY_UNKNOWN_TARGET, ERR_RELAY_TARGET_GONE, ERR_RESET_REFUSED when the peer does not take it, ERR_RESET_LIMIT, ERR_TIMEOUT, ERR_RESET_GONE
   *   when a connection is lost meanwhile, ERR_RELAY_STREAMS, ERR_ARGUMENT, the signal's reason, what the handshake with the peer raises, or what has
   *   ended the client (as rejections)
   */
  open(kind: bigint, options?: OpenStreamOptions): Promise<PeerStream>
}

/** Makes a {@link PeerHandle}. */
export function peerHandle (id: Uuid, { outbox, streams, policy }: { outbox: Outbox, streams: Streams, policy: Policy }): PeerHandle {
  const own = new Uint8Array(id)
  return {
    id: own,
    send: async (kind, bytes, options) => {
      checkKind(kind)
      checkCall(options)
      await outbox.send(own, kind, bytes, options)
    },
    open: async (kind, options) => {
      checkKind(kind)
      checkCall(options)
      return policy.dialling(own, () => streams.dial(own, kind, options))
    }
  }
}
