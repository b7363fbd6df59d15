import type { Uuid } from '../../bytes/index.js'
import type { Peer } from '../../nova/index.js'
import type { Contact, Contacts } from './contacts.js'
import type { ClientMessage } from './mail/inbox.js'
import type { ClientState } from './connection/line.js'
import type { PairOptions } from './pairing/pairing.js'
import type { PeerHandle } from './peer-handle.js'
import type { Presence } from './presence.js'
import type { IncomingStream } from './streams/streams.js'

/** A client of a relay, over one connection after another. */
export interface Client {
  /** Our own id. */
  readonly id: Uuid
  readonly state: ClientState
  /** Those whose keys are trusted. */
  readonly contacts: Contacts
  /**
   * Mail, in order and each once, also across connections: one message at a time is opened, and asking for the next one says
   * that this one need not be handed out again (so does `taken()` of the message, for the last). One consumer. A process that dies before that gets it
   * again the next time. Ends when the client is closed; throws what has ended it otherwise.
   */
  readonly messages: AsyncIterable<ClientMessage>
  /** Streams that others open, one consumer; each is accepted or refused. When its reader leaves, those that come later are refused. */
  readonly streams: AsyncIterable<IncomingStream>
  /** Mail that was rejected, see `onRejected`. */
  readonly rejected: number
  /** Resolves when the client was closed and its connections are gone; rejects with what has ended it otherwise. */
  readonly closed: Promise<void>
  /** @throws ERR_UUID */
  peer(id: Uuid): PeerHandle
  /** Who has an account under an id, as `RelayClient.lookup`; waits for a connection. @throws as that, and what has ended the client (as rejections) */
  lookup(id: Uuid): Promise<Peer | undefined>
  /**
   * Asks the relay for a sign of life; waits for a connection.
   *
   * @param options - `timeout`: milliseconds for the answer, 10,000 by default; `signal`: whose abort ends the waiting, for a connection too
   * @returns milliseconds to the relay and back
   * @throws ERR_TIMEOUT, the link's cause, the signal's reason, and what has ended the client (as rejections)
   */
  ping(options?: { timeout?: number | undefined, signal?: AbortSignal | undefined }): Promise<number>
  /**
   * Who of these is connected to the relay, as the relay says: each once, then whenever it has changed. Of each peer the
   * reader gets the latest only. Goes on across connections. A relay that keeps presence to itself says nothing.
   *
   * @throws ERR_RELAY_WATCHED, ERR_UUID; ERR_RELAY_LIMIT when the relay allows fewer, for who has asked last (as a rejection)
   */
  presence(ids: Iterable<Uuid>): AsyncIterableIterator<Presence>
  /**
   * Offers to pair: the text goes to somebody by a way that nobody else sees (a QR code, say), who gives it to `pair`. Who has
   * it first is trusted by us from then on. Waits for a connection, since the relay's key is part of it.
   *
   * @param options - `expires`: milliseconds by the wall clock, 10 minutes by default
   * @throws ERR_OFFER_LIMIT, ERR_OFFER_TEXT when the URL fits into no offer, ERR_ARGUMENT, what the store does, and what has ended the client (as rejections)
   */
  offer(options?: { expires?: number | undefined }): Promise<string>
  /**
   * Answers an offer: trusts the key that it names, sends its token to its owner, end to end, and waits for what the owner
   * says. Resolves when it has said that it trusts us too. Who does not answer in time may be away: its key stays trusted, and
   * the same offer can be tried again; after every other failure the key is not trusted if it was not before.
   *
   * @throws ERR_OFFER_TEXT, ERR_OFFER_VERSION, ERR_OFFER_EXPIRED, ERR_OFFER_RELAY, ERR_OFFER_PEER, ERR_OFFER_REFUSED when it is used up or too late,
   *   ERR_OFFER_UNANSWERED, ERR_OFFER_LIMIT, ERR_RELAY_UNKNOWN_TARGET, ERR_CONTACT_LIMIT, ERR_ARGUMENT, what `PeerHandle.send` does, and what the store does (as rejections)
   */
  pair(text: string, options?: PairOptions): Promise<Contact>
  /**
   * Ends everything in order: mail on the wire is finished, as far as the link's `closeTimeout` allows; mail that still waits to be
   * sent is rejected with ERR_RELAY_CLIENT_CLOSED, and streams that are open are reset with ERR_RESET_SHUTDOWN. Never rejects.
   */
  close(): Promise<void>
}
