import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './root.js'

/** Paths from the package's root of all files under a folder with this ending, sorted. */
export function filesUnder (folder: string, ending: string): string[] {
  const entries = readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
  return entries
    .filter(entry => entry.isFile() && entry.name.endsWith(ending))
    .map(entry => join(entry.parentPath, entry.name).slice(ROOT.length + 1))
    .sort()
}
