import type { Uuid } from '../../bytes/index.js'
import { checkStackLimits, type Identity, type PostQuantum, type RoutedHeader, type StackLimits, type VerifyPeer } from '../../nova/index.js'
import type { Directory, DirectoryLimits, Mailbox, MailboxLimits, Store } from '../../store/index.js'
import { limitsOf, type LimitsOf } from '../../stream/index.js'
import type { TcpListenOptions } from '../../transport/tcp.js'
import type { WebSocketListenOptions } from '../../transport/websocket-server.js'
import type { Admission } from './admission.js'
import type { RelayEvent } from './events.js'
import type { Exchange } from './exchange.js'

/** The limits of a relay and their defaults. */
export const RELAY_LIMITS = {
  /** Connections that may stand or be in their handshake. */
  maxConnections: 10_000,
  /** Connections that may be in their handshake at once. */
  maxPending: 1000,
  /** Bytes by which the windows of all packets that come in may grow together. */
  creditBytes: 268_435_456,
  /** Milliseconds from the beginning of a connection until it has said hello. */
  helloTimeout: 10_000,
  /** Packets of one connection that may be under way, requests among them; at more, no further ones of that connection are taken. */
  maxForwarding: 1024,
  /** Live packets of one connection to one target that may be under way; more wait for their turn. */
  maxToOne: 160,
  /** Milliseconds for which such a packet waits for its turn before it is refused. */
  turnTimeout: 5000,
  /**
   * Milliseconds after which a packet of which nothing moves is cut when another waits for its place: a connection
   * takes only so many at a time. Mail of which nothing comes for so long is given up in any case.
   */
  maxIdle: 30_000,
  /** Peers that one connection is remembered to have exchanged packets with, which are told of its end; the longest unused is forgotten. */
  maxCorrespondents: 1024,
  /** Messages of one connection that are being stored at once; more wait. */
  maxStoring: 32,
  /** Milliseconds for which mail that is being stored is left alone; after that, the slowest gives way when the mailbox has no place left. */
  storingGrace: 10_000,
  /** Messages that may be delivered on one connection and not be taken. */
  maxUntaken: 256,
  /** Positions that one request may take. */
  maxTaken: 1024,
  /** Ids that one connection may watch. */
  maxWatched: 1024,
  /** Milliseconds between two pings of a connection. */
  heartbeatInterval: 30_000,
  /** Milliseconds for the answer to a ping. */
  heartbeatTimeout: 20_000,
  /** Milliseconds for which a connection may take nothing of what waits for it before it is asked, and then for its answer. */
  slowTimeout: 10_000,
  /** Milliseconds between two clearings of mail that has run out. */
  expireInterval: 300_000,
  /** Milliseconds that `drain` waits for what is under way. */
  drainTimeout: 30_000
} as const

/** Limits of a relay; {@link RELAY_LIMITS} has the defaults. */
export interface RelayLimits extends LimitsOf<typeof RELAY_LIMITS> {
  /**
   * Limits of each link, the time of its handshake and of its closing among them. Default: those of `stack`, but 4,096
   * packets that wait to be sent (`maxWaiting`), of which live ones may be half: the other half is for mail, answers and
   * errors; and 256 in flight or unread (`maxIncoming`), at the most `maxForwarding`.
   */
  readonly link?: StackLimits | undefined
  /** Limits of the mailbox that the relay opens itself. */
  readonly mailbox?: MailboxLimits | undefined
  /** Limits of the directory that the relay opens itself. */
  readonly directory?: DirectoryLimits | undefined
}

/** Who gets an account at its first hello. Whoever has one keeps it. */
export type Registration =
  /** Everybody who proves an identity. */
  | { readonly rule: 'open' }
  /** Who brings an invite that the relay made, see {@link Relay.invite}. */
  | { readonly rule: 'invite' }
  /** These ids; the hello of others is refused with `notRegistered`. What is added to or taken from a set counts from then on. */
  | { readonly rule: 'allowlist', readonly ids: Iterable<Uuid> }

/** Options of `startRelay`. */
export interface RelayOptions {
  /** The relay's own; it stays the caller's. */
  identity: Identity
  /** Who may connect. Default: everybody who proves an identity. */
  verify?: VerifyPeer | undefined
  /** Who gets an account. Default: everybody. */
  registration?: Registration | undefined
  /** Where accounts and mail are kept; it stays the caller's. Default: in memory, and gone with the relay. */
  store?: Store | undefined
  /** Another mailbox than one in `store`; it stays the caller's. */
  mailbox?: Mailbox | undefined
  /** Another directory than one in `store`; it stays the caller's. */
  directory?: Directory | undefined
  /** The way from one connection to another. Default: within this process. */
  exchange?: Exchange | undefined
  /** Who is let in, and how much of whom is served. Default: everything within `limits`. */
  admission?: Admission | undefined
  /** Whether clients are told who is connected. Default: everybody is, of everybody. */
  presence?: 'everyone' | 'off' | undefined
  /** Whether the links' handshakes are hybrid; not unless given. */
  postQuantum?: PostQuantum | undefined
  /** Listens on TCP; port 0, the default, is any free one, and the host by default 127.0.0.1. */
  tcp?: Pick<TcpListenOptions, 'host' | 'port' | 'tls' | 'admit' | 'backlog' | 'connectTimeout' | 'highWater' | 'onError'> | undefined
  /** Listens for WebSockets, likewise; without a path on every one. `onRequest` answers what is none: `pageHandler` of `hushwire/page` serves a page. */
  websocket?: Pick<WebSocketListenOptions, 'host' | 'port' | 'path' | 'tls' | 'admit' | 'trustProxy' | 'allowOrigin' | 'onRequest' | 'connectTimeout' | 'highWater' | 'maxMessage' | 'onError'> | undefined
  limits?: RelayLimits | undefined
  /** What becomes of a live packet whose target is not connected: its sender gets an error packet (default), or it is dropped in silence. */
  unknownTarget?: 'error' | 'drain' | undefined
  /** What becomes of a connection that takes nothing of what waits for it, and answers no ping within `slowTimeout`: it is cut (default), or waited for. */
  slowConsumer?: 'disconnect' | 'wait' | undefined
  /** Told what happens. What it throws is dropped. */
  onEvent?: ((event: RelayEvent) => void) | undefined
  /** Shown the bodies of packets as the relay sees them, piece by piece, to show what it can see. The bytes are not to be kept or changed. */
  onBytes?: ((header: RoutedHeader, bytes: Uint8Array) => void) | undefined
}

/** The limits in force; those of mailbox and directory are checked by them. */
export type CheckedLimits = Readonly<Record<keyof typeof RELAY_LIMITS, number>> & { readonly link: StackLimits & { readonly maxWaiting: number } }

/** @throws ERR_LIMIT_OPTION */
export function checkLimits (limits: RelayLimits = {}): CheckedLimits {
  const checked = limitsOf(RELAY_LIMITS, limits)
  const { maxWaiting = 4096, maxIncoming = 256, ...others } = limits.link ?? {}
  // now, and not when the first connection comes
  checkStackLimits({ ...others, maxWaiting, maxIncoming })
  return { ...checked, link: { ...others, maxWaiting, maxIncoming: Math.min(maxIncoming, checked.maxForwarding) } }
}
