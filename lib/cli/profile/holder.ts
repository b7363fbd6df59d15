import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import * as v from 'valibot'
import { openSqliteStore } from '../../store/sqlite/index.js'
import type { Store, StoreReport } from '../../store/index.js'
import { HushwireError, ignore } from '../../stream/index.js'
import { cliError } from '../errors.js'
import type { ProfileFolders } from './folders.js'

const HOLDER = v.object({ pid: v.number(), command: v.pipe(v.string(), v.regex(/^[a-z -]{1,64}$/)) })

/** How a command has the store of a profile for itself. */
export interface HoldOptions {
  /** Such as `chat`: what the next one is told. */
  readonly command: string
  /** Told of damage. */
  readonly onReport: (report: StoreReport) => void
}

/**
 * Opens the store of a profile, which one process has at a time: its lock is the profile's. The lock is the system's, so one of
 * a process that has died holds nobody up; a note beside it says who has it.
 *
 * @throws ERR_CLI_BUSY, and what the store does (as rejections)
 */
export async function holdStore ({ name, store: folder, holder }: Pick<ProfileFolders, 'name' | 'store' | 'holder'>, { command, onReport }: HoldOptions): Promise<Store> {
  const store = await openSqliteStore({ folder, onReport }).catch(async (error: unknown) => {
    if (!(error instanceof HushwireError) || error.code !== 'ERR_STORE_BUSY') throw error
    throw cliError('ERR_CLI_BUSY', `${await holderOf(holder)} has the profile ${name}`, error)
  })
  // without the note the lock is as good
  await writeFile(holder, JSON.stringify({ pid: process.pid, command }), { mode: 0o600 }).catch(ignore)
  return {
    get quarantined () { return store.quarantined },
    read: work => store.read(work),
    write: work => store.write(work),
    close: () => {
      // while the lock is still ours
      rmSync(holder, { force: true })
      return store.close()
    }
  }
}

/** Who has it, as far as is known. */
async function holderOf (path: string): Promise<string> {
  try {
    const { command, pid } = v.parse(HOLDER, JSON.parse(await readFile(path, 'utf8')))
    return `hushwire ${command} (process ${pid})`
  } catch {
    return 'another process'
  }
}
