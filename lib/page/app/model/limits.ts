import type { ClientLimits } from '../../../relay/index.js'
import type { FilesLimits } from '../../../files/index.js'

/** What the page keeps and takes, at the most. */
export const APP_LIMITS = {
  /** Entries of a conversation; the oldest go. */
  maxEntries: 1000,
  /** Characters of their texts together; the oldest go. All of them are in memory. */
  maxTextLength: 4_194_304,
  /** Characters of a name. */
  maxName: 64,
  /** Names of files that an entry of a conversation has. */
  maxNames: 20,
  /** Files that are chosen or dropped at once. */
  maxFiles: 500,
  /** Contacts whose presence is asked for: as many as a relay tells. */
  maxWatched: 1000,
  /** Milliseconds for answering a code, whatever of it takes long: a connection, a relay that takes nothing, or who made it. */
  pairTimeout: 60_000,
  /** Bytes that a receiving file has in memory before they are written to the disk. */
  partBytes: 4_194_304
} as const

/** A person waits in front of the page: a lost connection is noticed and made anew sooner than by default. */
export const CLIENT_LIMITS: ClientLimits = { reconnectMin: 250, reconnectMax: 5000, pingInterval: 10_000, pingTimeout: 8000 }

/** Each file that comes is saved by a person. */
export const RECEIVE_LIMITS: FilesLimits = { maxEntries: APP_LIMITS.maxFiles, maxManifestBytes: 524_288 }
