import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes that stores, mailboxes and directories raise. */
export const STORE_ERRORS = {
  ERR_STORE_CLOSED: { origin: 'local', fatal: true, sentence: 'the store is closed' },
  ERR_STORE_OPEN: { origin: 'local', fatal: true, sentence: 'the store cannot be opened' },
  ERR_STORE_BUSY: { origin: 'local', fatal: true, sentence: 'the store is open already, here or in another process' },
  ERR_STORE_VERSION: { origin: 'local', fatal: true, sentence: 'the store was written by a newer version' },
  ERR_STORE_SEAL: { origin: 'local', fatal: true, sentence: 'the store is sealed with another key: open it with the one it was made with' },
  ERR_STORE_FAILED: { origin: 'local', fatal: true, sentence: 'writing or syncing the file failed: what was not acknowledged may be lost, and the store must be opened again' },
  ERR_STORE_SPACE: { origin: 'local', fatal: false, sentence: 'there is no room for it on the disk' },
  ERR_STORE_READ_ONLY: { origin: 'local', fatal: false, sentence: 'the store cannot be written to' },
  ERR_STORE_IO: { origin: 'local', fatal: false, sentence: 'the database could not do it' },
  ERR_STORE_DAMAGED: { origin: 'local', fatal: false, sentence: 'this part of the file is damaged; it is salvaged when the store is opened again' },
  ERR_STORE_KEY: { origin: 'local', fatal: false, sentence: 'a key has 1 to 512 bytes' },
  ERR_STORE_VALUE: { origin: 'local', fatal: false, sentence: 'a value has at most 1 MiB' },
  ERR_STORE_TRANSACTION: { origin: 'local', fatal: false, sentence: 'a view is used after its work has returned, or written to where it is for reading' },
  ERR_MAIL_ID: { origin: 'remote', fatal: false, sentence: 'the id of a message is nil' },
  ERR_MAIL_LIFETIME: { origin: 'remote', fatal: false, sentence: 'a lifetime is no number of milliseconds' },
  ERR_MAIL_LENGTH: { origin: 'remote', fatal: false, sentence: 'a message is longer than the mailbox takes' },
  ERR_MAIL_SENDER_QUOTA: { origin: 'remote', fatal: false, sentence: 'the sender has as much stored as it may' },
  ERR_MAIL_RECIPIENT_QUOTA: { origin: 'remote', fatal: false, sentence: 'the recipient has as much stored as it may' },
  ERR_MAIL_QUOTA: { origin: 'remote', fatal: false, sentence: 'the mailbox is full' },
  ERR_MAIL_BUSY: { origin: 'remote', fatal: false, sentence: 'as many messages are being stored at once as may be' },
  ERR_MAIL_GONE: { origin: 'local', fatal: false, sentence: 'the message was acknowledged, or ran out, while it was read' },
  ERR_MAIL_DAMAGED: { origin: 'local', fatal: false, sentence: 'a part of the message was damaged on disk; the message has been taken out and reported' },
  ERR_DIRECTORY_FULL: { origin: 'remote', fatal: false, sentence: 'the directory takes no more accounts' },
  ERR_DIRECTORY_UNKNOWN: { origin: 'remote', fatal: false, sentence: 'there is no account with this id' },
  ERR_DIRECTORY_OTHER_KEY: { origin: 'remote', fatal: false, sentence: 'the id is registered with another key' },
  ERR_DIRECTORY_INVITE: { origin: 'remote', fatal: false, sentence: 'the invite is unknown or used up' },
  ERR_DIRECTORY_INVITES: { origin: 'local', fatal: false, sentence: 'as many invites are open as may be' },
  ERR_DIRECTORY_PREKEYS: { origin: 'remote', fatal: false, sentence: 'the account has as many prekeys as it may' },
  ERR_DIRECTORY_FIELD: { origin: 'remote', fatal: false, sentence: 'a field of an account or of a prekey has the wrong length' }
} as const satisfies ErrorTable

/** Makes an error of {@link STORE_ERRORS}. */
export const storeError = errorsOf('store', STORE_ERRORS)
