/**
 * A store on disk: SQLite with a write-ahead log, by libsql. Node only.
 *
 * @module store/sqlite
 */
import type { Store } from '../interface.js'
import { connect } from './driver.js'
import { openFolder, type SqliteStoreOptions } from './open.js'

export type { SqliteStoreOptions } from './open.js'

/**
 * Opens the store of a folder, or makes one. Every write is synced before it is acknowledged. Every record has a checksum;
 * what is damaged is put aside and reported, the rest is served. One process has a store open at a time.
 *
 * Reading and writing block the event loop, for as long as the disk takes; writes of one turn are synced together.
 *
 * @throws ERR_STORE_OPEN, ERR_STORE_BUSY, ERR_STORE_VERSION, ERR_STORE_SPACE, ERR_STORE_READ_ONLY, ERR_STORE_IO,
 *   ERR_STORE_DAMAGED (as rejections)
 * @example
 * ```ts runnable
 * import { mkdtemp, rm } from 'node:fs/promises'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { openMailbox } from 'hushwire/store'
 * import { openSqliteStore } from 'hushwire/store/sqlite'
 *
 * const folder = await mkdtemp(join(tmpdir(), 'hushwire-'))
 * const store = await openSqliteStore({ folder, onReport: report => { console.error(report) } })
 * const mailbox = await openMailbox(store)
 * console.log(await mailbox.usage()) // { bytes: 0, messages: 0 }
 * await mailbox.close()
 * await store.close()
 * await rm(folder, { recursive: true })
 * ```
 */
export async function openSqliteStore (options: SqliteStoreOptions): Promise<Store> {
  return openFolder(options, { connect })
}
