/** The limits of what comes in and their defaults. The first two and the last two are for links without credit. */
export const RECEIVE_LIMITS = {
  /** Bytes that one packet holds for its reader; one frame more may come. */
  packetBytes: 262_144,
  /** Bytes that all packets of a link hold together. */
  linkBytes: 4_194_304,
  /** Packets in flight, from the first frame to the terminating one; with credit, until they are read to their end. */
  maxIncoming: 1024,
  /** With credit: bytes that the window of one packet grows to while its reader keeps up. */
  maxWindow: 2_097_152,
  /** With credit: bytes by which all windows of a link may grow together. */
  poolBytes: 16_777_216,
  /** Packets that wait to be taken from `source`. */
  maxUnread: 1024,
  /** Milliseconds for which full packets may keep the link from reading; 0 = for ever. */
  stallTimeout: 30_000
} as const

/** What happens when a packet is full: reading stops for the link, or that packet fails and the rest goes on. */
export type SlowConsumer = 'stop-reading' | 'fail-packet'
