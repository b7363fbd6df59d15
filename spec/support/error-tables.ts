import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ErrorTable } from '../../lib/stream/index.js'
import { filesUnder } from './files.js'
import { ROOT } from './root.js'

/** The codes of one layer and where they are declared. */
export interface DeclaredTable {
  /** Name of the export, such as `STREAM_ERRORS`. */
  readonly name: string
  /** The folder of lib/, such as `stream`. */
  readonly folder: string
  readonly table: ErrorTable
}

/** Every `*_ERRORS` table that a compiled module of lib/ exports. Modules without one are not loaded: some are programs. */
export async function errorTables (): Promise<DeclaredTable[]> {
  const tables: DeclaredTable[] = []
  for (const path of filesUnder('dist/lib', '.js')) {
    const names = [...readFileSync(join(ROOT, path), 'utf8').matchAll(/^export const ([A-Z0-9_]*_ERRORS) = /gm)].map(match => match[1] ?? '')
    if (names.length === 0) continue
    const module = await import(join(ROOT, path)) as Record<string, ErrorTable>
    for (const name of names) {
      const table = module[name]
      if (table !== undefined) tables.push({ name, folder: path.split('/')[2] ?? '', table })
    }
  }
  return tables
}
