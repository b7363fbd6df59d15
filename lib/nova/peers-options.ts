import type { Uuid } from '../bytes/index.js'
import type { LimitsOf, LinkControl } from '../stream/index.js'
import type { Offer } from './handshake-offer.js'
import type { Identity } from './identity.js'
import type { PostQuantum } from './post-quantum.js'
import type { RoutedFace } from './routed.js'
import type { MessagePacket } from './session/session.js'
import type { VerifyPeer } from './verify-peer.js'

/** The limits of `peers` and their defaults. */
export const PEERS_LIMITS = {
  /** Conversations at a time. */
  maxSessions: 1024,
  /** Handshakes under way at a time that others began, of which the oldest then makes way, and as many of our own. As many as conversations: all who may converse can greet at once. */
  maxHandshakes: 1024,
  /** Greetings that are being read at a time; the oldest whose end has not come makes way for the next. */
  maxGreetings: 64,
  /** Of them, those of one peer. */
  maxPeerGreetings: 2,
  /** Greetings of peers that are not expected (`expects`) which are read within `handshakeTimeout`; more are left. */
  maxUnexpected: 32,
  /** Milliseconds for one handshake, for one dial with the confirmation of its keys, and for reading one greeting. */
  handshakeTimeout: 10_000,
  /**
   * Messages of one peer that wait to be taken; then nothing more of the link is read. As many wait while `verify` takes
   * its time about a peer that has greeted us; when there are more, that peer's handshake is given up.
   */
  maxMessages: 256,
  /**
   * Of all such peers together; when there are more, the handshake of who has most of them is given up. That can be an
   * honest peer beside many strangers who send little each. When as many wait because peers that we have a conversation
   * with greet us anew, the greeting of who sends more is stopped unless it is whole.
   */
  maxUnverified: 128,
  /** Bytes of all such peers that are kept meanwhile; when there are more, the handshake of who has most of them is given up. */
  maxUnverifiedBytes: 16_777_216,
  /** Conversations begun by others that wait to be taken from `incoming`; then greetings are left unanswered. */
  maxIncoming: 256
} as const

/** Limits of `peers`; {@link PEERS_LIMITS} has the defaults. */
export type PeersLimits = LimitsOf<typeof PEERS_LIMITS>

/** Options of `peers`. */
export interface PeersOptions {
  identity: Identity
  /** Decides about every peer whose identity is proved, whoever began. */
  verify: VerifyPeer
  /**
   * Whether a peer that greets us may pass `verify`, by the id that the server says it has; asked before anything of its
   * greeting is read, and not about peers that are dialled. Those that are not expected are answered a few at a time
   * (`maxUnexpected`), so that they hear soon that they are refused, and take nothing from others. Default: everybody is
   * expected. What it throws ends the link.
   */
  expects?: ((id: Uuid) => boolean) | undefined
  offer?: Partial<Offer> | undefined
  /** Whether handshakes with peers are hybrid; not unless given. That the link's is says nothing of theirs. */
  postQuantum?: PostQuantum | undefined
  limits?: PeersLimits | undefined
  /** Takes the server's own packets (target nil) except its errors about peers. It must read or leave their source; what it throws ends the link. */
  onServerPacket?: ((packet: MessagePacket) => void) | undefined
}

/** What conversations need of a link: that of `stack`, or another way to a server that routes packets. */
export interface PeersLink extends Pick<RoutedFace, 'send' | 'close'>, LinkControl {
  /** One consumer: `peers`. */
  readonly source: AsyncIterable<MessagePacket>
}
