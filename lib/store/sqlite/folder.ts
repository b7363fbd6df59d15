import { closeSync, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

const DATABASE = /^store\.(\d+)\.db$/
const KEPT = /^damaged\.(\d+)\./

/**
 * The files of a store in their folder. The database is `store.N.db`; when it has to be replaced, the new one has the next
 * number, and the old one becomes `damaged.M.db`. No name is used twice, so that a log is never taken for another's.
 */
export class Folder {
  readonly #path: string

  /** @throws what making a folder does */
  constructor (path: string) {
    this.#path = path
    makeFolder(path)
  }

  /**
   * Settles what a replacement that was not finished left behind.
   *
   * @returns the number of the database, 1 when there is none yet; and where databases are now that had been replaced
   */
  settle (): { readonly number: number, readonly kept: readonly string[] } {
    for (const name of readdirSync(this.#path)) if (name.startsWith('salvage.')) rmSync(join(this.#path, name))
    const numbers = readdirSync(this.#path).map(name => Number(DATABASE.exec(name)?.[1] ?? 0)).sort((one, other) => one - other)
    const current = Math.max(1, numbers.at(-1) ?? 1)
    const replaced = numbers.filter(number => number > 0 && number < current)
    return { number: current, kept: replaced.map(number => this.keep(number)) }
  }

  database (number: number): string { return join(this.#path, `store.${number}.db`) }
  get lock (): string { return join(this.#path, 'lock') }
  get mark (): string { return join(this.#path, 'commits') }
  /** Where a new database is made, and where a copy of a damaged one is read. */
  get fresh (): string { return join(this.#path, 'salvage.new.db') }
  get copy (): string { return join(this.#path, 'salvage.copy.db') }
  get scratch (): string { return join(this.#path, 'salvage.scratch.db') }

  /** Puts a database out of the way, with its log. @returns where it is */
  keep (number: number): string {
    const kept = this.#nextKept()
    const from = this.database(number)
    if (existsSync(`${from}-wal`)) renameSync(`${from}-wal`, `${kept}-wal`)
    renameSync(from, kept)
    this.sync()
    return kept
  }

  /** A copy of a log, for whoever wants to look into it. @returns where it is, or undefined when there is none */
  keepLog (number: number): string | undefined {
    const log = `${this.database(number)}-wal`
    if (!existsSync(log)) return undefined
    const kept = `${this.#nextKept()}-wal`
    copyFileSync(log, kept)
    return kept
  }

  /** A copy of a database to work on. */
  copyOf (number: number): string {
    const from = this.database(number)
    copyFileSync(from, this.copy)
    if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${this.copy}-wal`)
    return this.copy
  }

  /** The new database gets its number: from here on it is the store. */
  promote (number: number): void {
    syncPath(this.fresh)
    renameSync(this.fresh, this.database(number))
    this.sync()
  }

  /** Makes names durable. */
  sync (): void {
    syncPath(this.#path)
  }

  #nextKept (): string {
    const numbers = readdirSync(this.#path).map(name => Number(KEPT.exec(name)?.[1] ?? 0))
    return join(this.#path, `damaged.${Math.max(0, ...numbers) + 1}.db`)
  }
}

/** As `mkdirSync` with `recursive`, which does not end where a folder that is there says that it is not, as below /proc. */
function makeFolder (path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return
    const above = dirname(path)
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || existsSync(above)) throw error
    makeFolder(above)
    makeFolder(path)
  }
}

function syncPath (path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
