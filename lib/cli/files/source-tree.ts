import type { Dirent, Stats } from 'node:fs'
import { access, constants, lstat, readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { checkPath, FILES_ERRORS, FILES_LIMITS, filesError, type NameRules, type SourceFile } from '../../files/index.js'
import { cliError, failureCode, messageOf } from '../errors.js'
import { reasonOf } from '../platform-reason.js'
import { pieces } from './reading.js'

/** What {@link sourceTree} is told. */
export interface SourceTreeOptions {
  /** Whether links inside of folders are followed. Default false: they are left out. */
  readonly follow?: boolean | undefined
  /** Which names are taken. Default `portable`. */
  readonly names?: NameRules | undefined
  /** What was left out, and why. */
  readonly onLeftOut?: ((path: string, why: string) => void) | undefined
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * The files and folders that were named on a command line, in an order that is the same each time. Links that were named are followed.
 *
 * @throws ERR_CLI_FILE for what is not there or cannot be sent, ERR_FILES_PATH, ERR_FILES_LIMIT (as rejections)
 */
export async function sourceTree (paths: readonly string[], options: SourceTreeOptions = {}): Promise<SourceFile[]> {
  const walk = new Walk(options)
  for (const path of paths) await walk.named(path)
  return walk.found
}

/** @throws ERR_CLI_FILE */
function wholePath (path: string): string {
  try {
    return resolve(path)
  } catch (error) {
    throw cliError('ERR_CLI_FILE', `the folder that this runs in cannot be read: ${reasonOf(error)}`, error)
  }
}

class Walk {
  readonly found: SourceFile[] = []
  readonly #options: SourceTreeOptions

  constructor (options: SourceTreeOptions) {
    this.#options = options
  }

  async named (path: string): Promise<void> {
    // which would be the folder that we are in, with all that it has
    if (path === '') throw cliError('ERR_CLI_FILE', 'a name is empty, perhaps an unset variable; . is this folder')
    const whole = wholePath(path)
    const name = basename(whole)
    if (name === '') throw cliError('ERR_CLI_FILE', `${path} has no name to send it under; name what is in it`)
    let about: Stats
    try {
      about = await stat(whole)
    } catch (error) {
      // what is no text on the command line comes as replacement characters
      if (path.includes('\ufffd')) throw filesError('ERR_FILES_PATH', `${path} is not UTF-8`, error)
      throw cliError('ERR_CLI_FILE', `${path} cannot be read: ${reasonOf(error)}`, error)
    }
    if (about.isFile()) await this.#file(whole, name, about, true)
    else if (about.isDirectory()) await this.#folder(whole, name, about, [])
    else throw cliError('ERR_CLI_FILE', `${path} is neither file nor folder`)
  }

  /** @param above - folders that it is in, as they are named by the file system */
  async #folder (whole: string, path: string, about: Stats, above: readonly string[]): Promise<void> {
    const real = this.#options.follow === true ? await realpath(whole) : whole
    if (above.includes(real)) { this.#leaveOut(path, 'a link to a folder that it is in'); return }
    const entries = await this.#entries(whole)
    if (entries.length === 0) this.#add({ type: 'folder', path, size: 0, modified: about.mtimeMs, open: () => { throw cliError('ERR_CLI_FILE', `${whole} is a folder`) } })
    for (const entry of entries) await this.#inside(join(whole, entry.name), `${path}/${entry.name}`, entry, [...above, real])
  }

  async #inside (whole: string, path: string, entry: Dirent, above: readonly string[]): Promise<void> {
    const link = entry.isSymbolicLink()
    if (link && this.#options.follow !== true) { this.#leaveOut(path, 'a link'); return }
    let about: Stats
    try {
      about = await (link ? stat : lstat)(whole)
    } catch (error) {
      if (!link) throw cliError('ERR_CLI_FILE', `${whole} cannot be read: ${reasonOf(error)}`, error)
      this.#leaveOut(path, 'a link to nothing')
      return
    }
    if (about.isFile()) await this.#file(whole, path, about, link)
    else if (about.isDirectory()) await this.#folder(whole, path, about, above)
    else this.#leaveOut(path, 'neither file nor folder')
  }

  /** By name, so that the same folder is the same transfer the next time. */
  async #entries (whole: string): Promise<Dirent[]> {
    try {
      const entries = await readdir(whole, { withFileTypes: true })
      // a name that is no text cannot be found again by the text that was made of it
      if (entries.some(({ name }) => name.includes('\ufffd'))) for (const name of await readdir(whole, { encoding: 'buffer' })) this.#checkText(whole, name)
      return entries.sort((one, other) => one.name < other.name ? -1 : 1)
    } catch (error) {
      if (failureCode(error).startsWith('ERR_FILES_')) throw error
      throw cliError('ERR_CLI_FILE', `${whole} cannot be read: ${reasonOf(error)}`, error)
    }
  }

  #checkText (whole: string, name: Uint8Array): void {
    try {
      utf8.decode(name)
    } catch (error) {
      throw filesError('ERR_FILES_PATH', `a name in ${whole} is not UTF-8`, error)
    }
  }

  /** Looked at before the other side is asked: it is not to say yes to what cannot be sent. */
  async #file (whole: string, path: string, about: Stats, follow: boolean): Promise<void> {
    try {
      await access(whole, constants.R_OK)
    } catch (error) {
      throw cliError('ERR_CLI_FILE', `${whole} cannot be read: ${reasonOf(error)}; make it readable, or send without it`, error)
    }
    this.#add({
      path,
      size: about.size,
      modified: about.mtimeMs,
      executable: process.platform !== 'win32' && (about.mode & 0o100) !== 0,
      open: from => pieces(whole, { from, follow }, async file => { if (differs(about, await file.stat())) throw filesError('ERR_FILES_CHANGED') }),
      changed: async () => differs(about, await stat(whole))
    })
  }

  #add (file: SourceFile): void {
    try {
      checkPath(file.path, { names: this.#options.names })
    } catch (error) {
      // the check says what is wrong, but not where
      throw filesError('ERR_FILES_PATH', `${messageOf(error).slice(FILES_ERRORS.ERR_FILES_PATH.sentence.length + 2)}: ${file.path}`, error)
    }
    if (this.found.length >= FILES_LIMITS.maxEntries) throw filesError('ERR_FILES_LIMIT', `more than ${FILES_LIMITS.maxEntries} files and folders`)
    this.found.push(file)
  }

  #leaveOut (path: string, why: string): void { this.#options.onLeftOut?.(path, why) }
}

function differs (before: Stats, now: Stats): boolean {
  return before.size !== now.size || before.mtimeMs !== now.mtimeMs || before.ino !== now.ino
}
