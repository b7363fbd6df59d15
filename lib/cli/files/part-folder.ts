import { lstat, readdir, readFile, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkPath, filesError } from '../../files/index.js'
import { ignore } from '../../stream/index.js'
import { makeFolders, platformCode } from '../profile/private-file.js'

/** Where parts are, in the folder that files go to. */
export const PARTS_NAME = '.hushwire-part'

const NAMES = 'names.json'
const FILE = /^(\d{1,10})\.(part|placing|done)$/
/** Milliseconds after which what a sender that never came back has left, parts apart, is taken away. */
const FORGOTTEN = 86_400_000
/** Transfers of which something is kept, beyond which the oldest without parts are taken away sooner. */
const MAX_KEPT = 256
/** Milliseconds for which one that was changed is left alone: it may be under way. */
const RECENT = 60_000

/** What a part folder has of a file. */
export interface Held {
  /** Bytes of it; undefined when there is no part. */
  part?: number
  /** It is being put in its place, or was when the process ended. */
  placing?: true
  /** It is in its place. */
  done?: true
}

/**
 * The folder with what is there of one transfer: `N.part` is what has come of file N, `N.placing` says that it is whole and about to be
 * put in its place, `N.done` that it is there.
 */
export class PartFolder {
  readonly path: string
  readonly #root: string

  /** @param root - the folder that files go to */
  constructor (root: string, id: string) {
    this.#root = join(root, PARTS_NAME)
    this.path = join(this.#root, id)
  }

  partOf (index: number): string { return join(this.path, `${index}.part`) }

  /** What is there, by the index of the file. @throws ERR_FILES_WRITE when something else is in the way */
  async read (): Promise<Map<number, Held>> {
    await this.#checkPlain(this.#root)
    await this.#checkPlain(this.path)
    const held = new Map<number, Held>()
    for (const name of await readdir(this.path).catch(none)) {
      const [, digits, type] = FILE.exec(name) ?? []
      if (digits === undefined) continue
      const index = Number(digits)
      const known = held.get(index) ?? {}
      held.set(index, known)
      if (type === 'part') known.part = (await lstat(join(this.path, name))).size
      else known[type as 'placing' | 'done'] = true
    }
    return held
  }

  /** Makes it, if it is not there. */
  async make (): Promise<void> {
    await makeFolders(this.path, 0o700)
    await this.#forget()
  }

  /** By which names the first parts of paths go, where others were taken. @throws ERR_FILES_WRITE when it is not what {@link keepNames} has written */
  async names (): Promise<Readonly<Record<string, string>> | undefined> {
    const text = await readFile(join(this.path, NAMES), 'utf8').catch((error: unknown) => { if (platformCode(error) !== 'ENOENT') throw error })
    if (text === undefined) return undefined
    try {
      const names = JSON.parse(text) as unknown
      for (const name of Object.values(names as object) as unknown[]) checkName(name)
      return names as Record<string, string>
    } catch (error) {
      throw filesError('ERR_FILES_WRITE', `${NAMES} in ${PARTS_NAME} is not ours`, error)
    }
  }

  async keepNames (names: Readonly<Record<string, string>>): Promise<void> {
    const path = join(this.path, NAMES)
    await writeFile(`${path}.new`, JSON.stringify(names), { flush: true })
    await rename(`${path}.new`, path)
  }

  async placing (index: number): Promise<void> { await writeFile(join(this.path, `${index}.placing`), '') }

  async placed (index: number): Promise<void> {
    await rename(join(this.path, `${index}.placing`), join(this.path, `${index}.done`))
    await this.discard(index)
  }

  async notPlaced (index: number): Promise<void> { await unlinkIfThere(join(this.path, `${index}.placing`)) }

  async discard (index: number): Promise<void> { await unlinkIfThere(this.partOf(index)) }

  /** Takes it away. @param whole - or only when nothing is in it */
  async remove (whole: boolean): Promise<void> {
    if (whole) await rm(this.path, { recursive: true, force: true })
    else await rmdir(this.path).catch(ignore)
    await rmdir(this.#root).catch(ignore)
  }

  /** Folders without parts, of senders that have never come to hear that all was there, or of which there are too many. */
  async #forget (): Promise<void> {
    const kept: Kept[] = []
    for (const name of await readdir(this.#root)) {
      const path = join(this.#root, name)
      // what is no folder, or was taken away by another command meanwhile, is no reason to take nothing
      if (/^[0-9a-f]{64}$/.test(name) && path !== this.path) await stat(path).then(({ mtimeMs }) => { kept.push({ path, time: mtimeMs }) }, ignore)
    }
    kept.sort((one, other) => one.time - other.time)
    for (const [index, { path, time }] of kept.entries()) {
      if (Date.now() - time > (kept.length - index >= MAX_KEPT ? RECENT : FORGOTTEN)) await forget(path).catch(ignore)
    }
  }

  async #checkPlain (path: string): Promise<void> {
    const about = await lstat(path).catch((error: unknown) => { if (platformCode(error) !== 'ENOENT') throw error })
    if (about !== undefined && !about.isDirectory()) throw filesError('ERR_FILES_WRITE', `${PARTS_NAME} is no folder`)
  }
}

interface Kept { readonly path: string, readonly time: number }

async function forget (path: string): Promise<void> {
  if (!(await readdir(path)).some(each => each.endsWith('.part'))) await rm(path, { recursive: true, force: true })
}

/** The file may have come with something else: a name leads nowhere but into the folder. */
function checkName (name: unknown): void {
  if (typeof name !== 'string' || name.includes('/')) throw new TypeError('no name')
  checkPath(name, { names: 'any' })
}

async function unlinkIfThere (path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => { if (platformCode(error) !== 'ENOENT') throw error })
}

function none (error: unknown): string[] {
  if (platformCode(error) === 'ENOENT') return []
  throw error
}
