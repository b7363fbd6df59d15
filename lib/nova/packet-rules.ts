import { LAST_NONCE } from './frame.js'

/**
 * What differs between the seed's wire and a hardened link, and what limits both. The seed's are the defaults; a
 * stack sets them from its profile.
 */
export interface PacketRules {
  /** Terminating frames may carry the last content, and others must carry some. */
  readonly terminatorCarries: boolean
  /** The link's end is authenticated by a goaway. */
  readonly goaway: boolean
  /** First frames come in the order of packet nonces, without a gap, and any violation is fatal. */
  readonly ordered: boolean
  /** The first packet nonce to send with. */
  readonly firstNonce: number
  /** The next frameNonce of packetNonce 0 to send with, after the handshake's. */
  readonly controlNonce: number
  /** The next frameNonce of packetNonce 0 that is expected. */
  readonly remoteControlNonce: number
  /** Packets that the other side takes in flight; with credit, that it lets us begin before it gives more. */
  readonly maxOutgoing: number
  /** The window that each packet begins with, sent and received. Without it the link has no control but goaway and rekey. */
  readonly credit?: { readonly send: number, readonly receive: number } | undefined
  /** The nonce at which `onExhausting` is called. */
  readonly warnNonce: number
  /** Called once, when few nonces are left. */
  readonly onExhausting?: (() => void) | undefined
  /** Asked before a frame is sent: true when the key is to be changed first. */
  readonly rekeyDue?: (() => boolean) | undefined
}

/** The seed's wire. */
export const SEED_RULES: PacketRules = {
  terminatorCarries: false,
  goaway: false,
  ordered: false,
  firstNonce: 1,
  controlNonce: 1,
  remoteControlNonce: 1,
  maxOutgoing: 1024,
  warnNonce: LAST_NONCE - 2 ** 20
}

/** A hardened link (nova.md, part 2). */
export const HARDENED_RULES: PacketRules = { ...SEED_RULES, terminatorCarries: true, goaway: true, ordered: true }

/** What the rules of a hardened link are made of. */
type Agreed = Pick<PacketRules, 'controlNonce' | 'remoteControlNonce' | 'maxOutgoing' | 'credit' | 'onExhausting' | 'rekeyDue'>

/** The rules of one hardened link. All of them by name: spread into an object, they would give each link a hidden class of its own. */
export function hardenedRules ({ controlNonce, remoteControlNonce, maxOutgoing, credit, onExhausting, rekeyDue }: Agreed): PacketRules {
  const { terminatorCarries, goaway, ordered, firstNonce, warnNonce } = HARDENED_RULES
  return { terminatorCarries, goaway, ordered, firstNonce, controlNonce, remoteControlNonce, maxOutgoing, credit, warnNonce, onExhausting, rekeyDue }
}
