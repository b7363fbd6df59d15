import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { ROOT } from './root.js'

const CHOSEN = process.env['VECTORS_DIR'] ?? ''

/** True when the caller chose the folder: what of our own vectors is missing from it is a failure, not left out. */
export const vectorsChosen = CHOSEN !== ''

/** Where vectors are looked for, in this order. A chosen folder stands alone: nothing else may stand in for it. */
export const vectorFolders: readonly string[] = vectorsChosen
  ? [resolve(CHOSEN)]
  : [resolve(ROOT, '../shared/vectors'), join(ROOT, 'spec/vectors')]

/** The bytes of a vector file, or undefined when no folder has it. */
export function vectorBytes (path: string): Uint8Array | undefined {
  const folder = vectorFolders.find(folder => existsSync(join(folder, path)))
  return folder === undefined ? undefined : new Uint8Array(readFileSync(join(folder, path)))
}

/** A vector file parsed as JSON, or undefined when no folder has it. */
export function vectors<T> (path: string): T | undefined {
  const bytes = vectorBytes(path)
  return bytes === undefined ? undefined : JSON.parse(new TextDecoder().decode(bytes)) as T
}
