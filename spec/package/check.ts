/**
 * Checks the package as it would be published: packs it, looks at the tarball with publint and attw, and at what it
 * holds. The tarball is removed again.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../support/root.js'

interface Packed {
  readonly filename: string
  readonly size: number
  readonly entryCount: number
  readonly files: ReadonlyArray<{ readonly path: string }>
}

/** What a package holds: the compiled library, its sources for the source maps, and the pages beside them. */
const WANTED = /^(dist\/lib\/.*\.(js|d\.ts)(\.map)?|dist\/lib\/page\/assets\/(index\.html|(page|style|icon)-[0-9A-F]{8}\.(js|css|svg))|lib\/.*\.ts|lib\/page\/static\/[a-z]+\.(html|css|svg)|package\.json|README\.md|LICENSE|CHANGELOG\.md)$/

const folder = mkdtempSync(join(tmpdir(), 'hushwire-package-'))
try {
  // what is packed was compiled by the npm script that runs this
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder])) as Packed[]
  if (packed === undefined) throw new Error('npm packed nothing')
  const tarball = join(folder, packed.filename)
  const strangers = packed.files.filter(({ path }) => !WANTED.test(path))
  if (strangers.length > 0) throw new Error(`the package holds ${strangers.map(({ path }) => path).join(', ')}`)
  console.log(run('npx', ['publint', 'run', tarball, '--strict']))
  console.log(run('npx', ['attw', tarball, '--profile', 'esm-only', '--no-emoji', '--exclude-entrypoints', './package.json']))
  console.log(`${packed.filename}: ${packed.entryCount} files, ${packed.size} bytes`)
} catch (error) {
  const { stdout, message } = error as { stdout?: string, message: string }
  console.error(stdout === undefined || stdout === '' ? message : stdout)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true })
}

function run (command: string, args: readonly string[]): string {
  return execFileSync(command, args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}
