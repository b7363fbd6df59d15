import { constants } from 'node:fs'
import { link, lstat, open, rename, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { filesError, type Entry, type Place } from '../../files/index.js'
import { ignore } from '../../stream/index.js'
import { platformCode, syncFolder } from '../profile/private-file.js'
import type { Held, PartFolder } from './part-folder.js'
import { pieces } from './reading.js'
import type { TargetTree } from './target-tree.js'

/** What file systems without hard links say, and those on which a file has as many as it can have. */
const NO_LINKS: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV', 'EINVAL'])

/** What a {@link FolderPlace} is made of. */
export interface FolderPlaceParts {
  readonly tree: TargetTree
  readonly parts: PartFolder
  readonly held: ReadonlyMap<number, Held>
  readonly entries: readonly Entry[]
  /** Where each entry goes. */
  readonly targets: readonly string[]
  readonly conflicts: readonly number[]
  readonly space: number | undefined
  readonly overwrite: boolean
  /** Aborts when the transfer is not wanted any more. */
  readonly signal: AbortSignal | undefined
}

/** One transfer in a folder of the file system. */
export class FolderPlace implements Place {
  readonly done = new Set<number>()
  readonly parts = new Map<number, number>()
  readonly conflicts: readonly number[]
  readonly space: number | undefined
  readonly #made: FolderPlaceParts
  /** Folders whose names are not written through yet. */
  readonly #touched = new Set<string>()
  #file: { readonly index: number, readonly handle: FileHandle } | undefined

  private constructor (made: FolderPlaceParts) {
    this.#made = made
    this.conflicts = made.conflicts
    this.space = made.space
  }

  static async open (made: FolderPlaceParts): Promise<FolderPlace> {
    const place = new FolderPlace(made)
    try {
      if (made.conflicts.length === 0) await place.#begin()
      return place
    } catch (error) {
      await place.close(false)
      throw error
    }
  }

  read (index: number, bytes: number): AsyncIterable<Uint8Array> {
    return pieces(this.#made.parts.partOf(index), { from: 0, to: bytes })
  }

  async write (index: number, offset: number, bytes: Uint8Array): Promise<void> {
    const handle = await this.#opened(index)
    for (let at = 0; at < bytes.byteLength;) at += (await handle.write(bytes, at, bytes.byteLength - at, offset + at)).bytesWritten
  }

  async finish (index: number): Promise<void> {
    const { executable, modified } = this.#entry(index)
    const handle = await this.#opened(index)
    if (executable) {
      const { mode } = await handle.stat()
      // who may read it may run it
      await handle.chmod((mode & 0o777) | (mode & 0o444) >> 2)
    }
    const time = new Date(modified)
    // a time that the file system cannot hold is not worth a file
    await handle.utimes(time, time).catch(ignore)
    await handle.sync()
    await this.#letGo()
    await this.#put(index)
  }

  async discard (index: number): Promise<void> {
    if (this.#file?.index === index) await this.#letGo()
    await this.#made.parts.discard(index)
  }

  async close (over: boolean): Promise<void> {
    await this.#letGo()
    for (const folder of this.#touched) await syncFolder(folder).catch(ignore)
    await this.#made.parts.remove(over)
  }

  /** Looks what is there, brings to its end what was being put in its place, and makes empty folders. */
  async #begin (): Promise<void> {
    const { entries, held, parts, tree, targets, signal } = this.#made
    await parts.make()
    for (const [index, { part, placing, done }] of held) {
      signal?.throwIfAborted()
      if (entries[index]?.type !== 'file') continue
      if (done === true) this.done.add(index)
      else if (placing === true) await this.#putAgain(index, part)
      else if (part !== undefined && part > entries[index].size) await parts.discard(index)
      else if (part !== undefined && part > 0) this.parts.set(index, part)
    }
    const seen = new Set<string>()
    for (const [index, { type }] of entries.entries()) {
      if (type !== 'folder') continue
      signal?.throwIfAborted()
      await tree.makeFolder(targets[index] as string, seen)
      this.done.add(index)
    }
  }

  /** The process ended while a file was being put in its place. */
  async #putAgain (index: number, part: number | undefined): Promise<void> {
    const target = this.#target(index)
    if (part === undefined) {
      // its part is there no more: it was renamed
      await this.#made.parts.placed(index)
      this.done.add(index)
      return
    }
    const there = await lstat(target).catch(() => undefined)
    const own = there !== undefined && (await lstat(this.#made.parts.partOf(index))).ino === there.ino
    if (own) await this.#placed(index)
    else {
      // what has come is whole, and is said to be so once more
      await this.#made.parts.notPlaced(index)
      if (part > 0) this.parts.set(index, part)
    }
  }

  /** Puts a file that is whole where it belongs. @throws ERR_FILES_EXISTS */
  async #put (index: number): Promise<void> {
    const { tree, parts, overwrite } = this.#made
    const target = this.#target(index)
    const part = parts.partOf(index)
    await tree.makeFolder(dirname(target))
    await parts.placing(index)
    try {
      if (overwrite) await replace(part, target)
      else await putNew(part, target)
    } catch (error) {
      await parts.notPlaced(index)
      throw platformCode(error) === 'EEXIST' ? filesError('ERR_FILES_EXISTS', this.#entry(index).path, error) : error
    }
    await this.#placed(index)
  }

  async #placed (index: number): Promise<void> {
    await this.#made.parts.placed(index)
    this.#touched.add(dirname(this.#target(index)))
    this.done.add(index)
  }

  async #opened (index: number): Promise<FileHandle> {
    if (this.#file?.index === index) return this.#file.handle
    await this.#letGo()
    // never through a link that somebody has put there
    const handle = await open(this.#made.parts.partOf(index), constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW)
    this.#file = { index, handle }
    return handle
  }

  async #letGo (): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.handle.close()
  }

  #entry (index: number): Entry { return this.#made.entries[index] as Entry }
  #target (index: number): string { return this.#made.targets[index] as string }
}

/** In one step, and never over anything. */
async function putNew (part: string, target: string): Promise<void> {
  try {
    await link(part, target)
  } catch (error) {
    if (!NO_LINKS.has(platformCode(error))) throw error
    // without links there is a moment between looking and taking the name
    if (await lstat(target).catch(ignore) !== undefined) throw Object.assign(new Error('something is there', { cause: error }), { code: 'EEXIST' })
    await rename(part, target)
  }
}

/** @throws EEXIST over a folder */
async function replace (part: string, target: string): Promise<void> {
  await rename(part, target).catch((error: unknown) => {
    throw ['EISDIR', 'ENOTEMPTY', 'ENOTDIR'].includes(platformCode(error)) ? Object.assign(new Error('a folder is in the way', { cause: error }), { code: 'EEXIST' }) : error
  })
}
