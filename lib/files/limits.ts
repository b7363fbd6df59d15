import type { LimitsOf } from '../stream/index.js'

/** The limits of transfers of files, of either end, and their defaults. */
export const FILES_LIMITS = {
  /** Files and folders of a transfer, and the most folders that its paths go through. */
  maxEntries: 50_000,
  /** Bytes of a manifest: what names the files of a transfer before one of them is sent. */
  maxManifestBytes: 8_388_608,
  /** Bytes of all files of a transfer. */
  maxBytes: Number.MAX_SAFE_INTEGER,
  /** Bytes of a path as UTF-8. */
  maxPathBytes: 1024,
  /** Parts of a path. */
  maxPathParts: 32,
  /**
   * Transfers that a receiver has under way at once, those that wait for a yes among them. Who has none gets the place of a peer with several that has
   * offered nothing over it yet, or has said nothing for `idleTimeout`.
   */
  maxTransfers: 16,
  /** Of them, those of one peer. */
  maxPeerTransfers: 4,
  /** Of those of one peer, the ones that wait for a yes. */
  maxPeerQuestions: 2,
  /** Milliseconds in which an offer has to be there, from the beginning of its stream on. */
  offerTimeout: 60_000,
  /** Milliseconds that a receiver waits for its own yes or no; then the question is taken back, and the sender may come again. */
  questionTimeout: 3_600_000,
  /**
   * Milliseconds for which a peer is not asked about again whose offer was none or not wanted, or whose question was taken back: it was not answered in time,
   * its sender gave it up, or had too many of them. Twice as long with each in a row; a question that gives way to those of others is no such one.
   */
  declinePause: 5000,
  /** The longest of these pauses. */
  maxDeclinePause: 600_000,
  /** Transfers that a receiver remembers after their stream has ended, so that it asks nobody twice. */
  maxRemembered: 64,
  /** Milliseconds without a sign of the other side after which a stream is given up. */
  idleTimeout: 60_000,
  /** Milliseconds that a sender waits for a yes or no. */
  answerTimeout: 600_000,
  /** Milliseconds without progress for which a sender tries to reach the other side again. */
  retryTimeout: 600_000,
  /** Milliseconds that the opening of a stream may take. */
  openTimeout: 10_000
} as const

/** Limits of a transfer; {@link FILES_LIMITS} has the defaults. */
export type FilesLimits = LimitsOf<typeof FILES_LIMITS>

/** The limits in force. */
export type CheckedFilesLimits = Readonly<Record<keyof typeof FILES_LIMITS, number>>
