import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Lets the compiled commands of a package be run: the compiler makes plain files, and npm mends that only when it installs. Windows
 * has no such bit, and takes the call.
 *
 * @param root - the folder of its package.json
 */
export function makeExecutable (root: string): void {
  const { bin = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { bin?: Readonly<Record<string, string>> }
  for (const file of Object.values(bin)) chmodSync(join(root, file), 0o755)
}
