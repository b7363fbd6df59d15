import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreReport, Store } from '../../lib/store/index.js'
import { connect, type Connect } from '../../lib/store/sqlite/driver.js'
import { openFolder } from '../../lib/store/sqlite/open.js'

/** A folder that goes when the process does. */
export function newFolder (): string {
  const folder = mkdtempSync(join(tmpdir(), 'hushwire-store-'))
  folders.push(folder)
  return folder
}

const folders: string[] = []
process.on('exit', () => { for (const folder of folders) rmSync(folder, { recursive: true, force: true }) })

/** The database of a folder that was never replaced. */
export const databaseOf = (folder: string): string => join(folder, 'store.1.db')
/** Names of files that were put aside. */
export const keptIn = (folder: string): string[] => readdirSync(folder).filter(name => name.startsWith('damaged.')).sort()

/** A store that was opened, and what it reported. */
export interface Opened {
  readonly store: Store
  readonly reports: StoreReport[]
}

/** Opens a folder, with a driver of the test's own if there is one. */
export function open (folder: string, inner: { connect?: Connect, verify?: boolean } = {}): Opened {
  const reports: StoreReport[] = []
  const store = openFolder({ folder, onReport: report => { reports.push(report) }, verify: inner.verify }, { connect: inner.connect ?? connect })
  return { store, reports }
}
