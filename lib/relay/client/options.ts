import type { HardenedStackOptions, Identity, Peer, PeersOptions, VerifyPeer } from '../../nova/index.js'
import type { Store } from '../../store/index.js'
import type { Duplex } from '../../stream/index.js'
import type { RejectedMail } from './mail/inbox.js'
import type { ClientLimits } from './limits.js'
import type { ClientState } from './connection/line.js'
import type { AcceptPolicy } from './policy.js'
import type { PrekeyRingLimits } from './prekeys/prekey-ring-options.js'

/** Options of `connect`. */
export interface ConnectOptions {
  /** Where the relay is: `ws:` or `wss:`, in Node also `tcp:` and `tls:`; anything, with a `dial` of one's own. */
  url: string
  /** Who the relay is: its Ed25519 key, or what decides about it, such as `trustOnFirstUse`. There is no trust without asking. */
  relay: Uint8Array | VerifyPeer
  /** Our own; it stays the caller's, and is needed until the client is closed. */
  identity: Identity
  /**
   * Where contacts, offers, private prekeys and what was taken are kept; it stays the caller's. Default: memory, so that mail
   * that is sealed to the prekeys of this process cannot be opened by the next. One client has it at a time.
   */
  store?: Store | undefined
  /** What admits us to a relay that asks for invites, 32 bytes. */
  invite?: Uint8Array | undefined
  /** Whose mail and streams are taken. Default: those of contacts. */
  accept?: AcceptPolicy | undefined
  /** Makes a connection, instead of the ways that are built in. Aborted by the signal, at the latest when it resolves. */
  dial?: ((url: string, options: { signal: AbortSignal }) => Promise<Duplex>) | undefined
  /** Whether the handshake with the relay is hybrid; not unless given. */
  postQuantum?: HardenedStackOptions['postQuantum']
  /** Whether handshakes with peers are. */
  peerPostQuantum?: PeersOptions['postQuantum']
  /** Limits of this client. */
  limits?: ClientLimits | undefined
  /** Limits of the prekeys that others seal mail to. */
  prekeyLimits?: PrekeyRingLimits | undefined
  /** Limits of each link. */
  linkLimits?: HardenedStackOptions['limits']
  /** Limits of conversations with peers. */
  peerLimits?: PeersOptions['limits']
  /** What becomes of this client when another connection of the same identity takes its place: it stops (default), or it comes back and takes the place again, after waits that grow while both sides do so. */
  whenTakenOver?: 'stop' | 'return' | undefined
  /** `true`, the default: resolve when the first connection stands and others can write to us, and reject when it cannot be made. `false`: resolve at once, and go on trying. */
  wait?: boolean | undefined
  /** Closes the client at once. */
  signal?: AbortSignal | undefined
  /** Told what becomes of the connection. What it throws is dropped. */
  onState?: ((state: ClientState) => void) | undefined
  /** Told of mail that was taken off the relay and not handed out: it does not open, or its sender is not accepted. What it throws is dropped. */
  onRejected?: ((mail: RejectedMail) => void) | undefined
  /** Told when somebody has answered an offer, is a contact now, and can know it. What it throws is dropped. */
  onPaired?: ((peer: Peer) => void) | undefined
}
