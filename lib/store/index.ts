/**
 * What outlives a process: a store of records in the order of their keys, and the mailbox and the directory of a relay over
 * it. The store in memory is here; the one on disk is in `hushwire/store/sqlite`, for Node.
 *
 * @module store
 */
export type { KeyRange, Store, StoreReport, StoreTransaction, StoreView } from './interface.js'
export { memoryStore } from './memory.js'
export { keysUnder, storeKey } from './keys.js'
export { migrate, type Migration } from './migrate.js'
export { MAILBOX_LIMITS, type Envelope, type Mail, type Mailbox, type MailboxLimits, type ReadOptions, type Usage } from './mailbox.js'
export { openMailbox, type MailboxOptions } from './stored-mailbox.js'
export { DIRECTORY_LIMITS, type Account, type AddOptions, type Directory, type DirectoryLimits, type HandedPrekey, type Prekey, type StoredAccount } from './directory.js'
export { openDirectory, type DirectoryOptions } from './stored-directory.js'
export { STORE_ERRORS } from './errors.js'
