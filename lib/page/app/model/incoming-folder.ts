import type { Destination, Manifest, Place, Transfer } from '../../../files/index.js'
import { ByteQueue, ignore } from '../../../stream/index.js'
import { APP_LIMITS } from './limits.js'

const ROOT = 'hushwire-incoming'
const ABOUT = 'about.json'

/** What a folder of a transfer says of itself. */
interface About {
  readonly files: ReadonlyArray<{ readonly index: number, readonly path: string }>
  readonly done: readonly number[]
}

/** A file that came, whole and right. */
export interface CameFile {
  readonly path: string
  readonly blob: Blob
}

/**
 * Where files go that come: parts in the browser's private file system, named by the index of their file and their offset, so that a page that is
 * loaded again goes on where they end. A part is written when it is full; what was in memory comes again.
 */
export class IncomingFolder implements Destination {
  async open ({ id, manifest }: Transfer, signal: AbortSignal): Promise<Place> {
    const folder = await (await root()).getDirectoryHandle(id, { create: true })
    return TransferPlace.open(folder, manifest, { signal, drop: async () => { await this.delete(id) } })
  }

  /** The files of a transfer that are whole. They are of no type that a browser would show. */
  async files (id: string): Promise<CameFile[]> {
    const folder = await (await root()).getDirectoryHandle(id)
    const { files, done } = await readAbout(folder)
    const parts = await partsOf(folder)
    return Promise.all(files.filter(({ index }) => done.includes(index)).map(async ({ index, path }) => {
      const pieces = await Promise.all((parts.get(index) ?? []).map(({ handle }) => handle.getFile()))
      return { path, blob: new Blob(pieces, { type: 'application/octet-stream' }) }
    }))
  }

  async delete (id: string): Promise<void> {
    await (await root()).removeEntry(id, { recursive: true }).catch((error: unknown) => {
      if (!(error instanceof DOMException && error.name === 'NotFoundError')) throw error
    })
  }

  /** The transfers of which there is something. */
  async list (): Promise<string[]> {
    const names: string[] = []
    for await (const name of (await root()).keys()) names.push(name)
    return names
  }
}

interface Part {
  readonly offset: number
  readonly size: number
  readonly handle: FileSystemFileHandle
}

class TransferPlace implements Place {
  readonly conflicts: readonly number[] = []
  readonly done: Set<number>
  readonly parts: Map<number, number>
  readonly space: number | undefined
  readonly #folder: FileSystemDirectoryHandle
  readonly #drop: () => Promise<void>
  readonly #files: About['files']
  /** What waits to be written, of the file that is coming. */
  #waiting: { readonly index: number, readonly offset: number, readonly bytes: ByteQueue } | undefined

  private constructor (folder: FileSystemDirectoryHandle, { files, done }: About, parts: Map<number, number>, about: { readonly space: number | undefined, readonly drop: () => Promise<void> }) {
    this.#folder = folder
    this.#files = files
    this.#drop = about.drop
    this.done = new Set(done)
    this.parts = parts
    this.space = about.space
  }

  static async open (folder: FileSystemDirectoryHandle, manifest: Manifest, { signal, drop }: { readonly signal: AbortSignal, readonly drop: () => Promise<void> }): Promise<TransferPlace> {
    const files = manifest.entries.flatMap(({ type, path }, index) => type === 'file' ? [{ index, path }] : [])
    const folders = manifest.entries.flatMap(({ type }, index) => type === 'folder' ? [index] : [])
    const { done } = await readAbout(folder)
    const about = { files, done: [...new Set([...done, ...folders])] }
    await writeFile(folder, ABOUT, [JSON.stringify(about)])
    const parts = new Map([...await partsOf(folder, signal)].map(([index, each]) => [index, each.reduce((sum, { size }) => sum + size, 0)]))
    const { quota, usage } = await navigator.storage.estimate()
    return new TransferPlace(folder, about, parts, { space: quota === undefined ? undefined : Math.max(0, quota - (usage ?? 0)), drop })
  }

  async * read (index: number, bytes: number): AsyncGenerator<Uint8Array, void> {
    await this.#flush()
    let left = bytes
    for (const { handle } of (await partsOf(this.#folder)).get(index) ?? []) {
      const file = await handle.getFile()
      for (let at = 0; at < file.size && left > 0; at += READ_BYTES) {
        const piece = new Uint8Array(await file.slice(at, Math.min(at + READ_BYTES, at + left)).arrayBuffer())
        left -= piece.byteLength
        yield piece
      }
    }
  }

  async write (index: number, offset: number, bytes: Uint8Array): Promise<void> {
    if (this.#waiting !== undefined && this.#waiting.index !== index) await this.#flush()
    this.#waiting ??= { index, offset, bytes: new ByteQueue() }
    // a sender may give one byte at a time: small ones go together
    this.#waiting.bytes.push(bytes.slice())
    if (this.#waiting.bytes.length >= APP_LIMITS.partBytes) await this.#flush()
  }

  async finish (index: number): Promise<void> {
    await this.#flush()
    this.done.add(index)
    await writeFile(this.#folder, ABOUT, [JSON.stringify({ files: this.#files, done: [...this.done] })])
  }

  async discard (index: number): Promise<void> {
    if (this.#waiting?.index === index) this.#waiting = undefined
    for (const { offset } of (await partsOf(this.#folder)).get(index) ?? []) await this.#folder.removeEntry(nameOf(index, offset))
  }

  async close (over: boolean): Promise<void> {
    await this.#flush()
    if (!over) return
    const files = this.#files.filter(({ index }) => this.done.has(index))
    if (files.length === 0) await this.#drop()
    else for (const index of (await partsOf(this.#folder)).keys()) if (!this.done.has(index)) await this.discard(index)
  }

  async #flush (): Promise<void> {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    await writeFile(this.#folder, nameOf(waiting.index, waiting.offset), [waiting.bytes.takeJoined(waiting.bytes.length)])
  }
}

/** Bytes that are read at a time. */
const READ_BYTES = 1_048_576
const PART = /^(\d+)-(\d+)$/

function nameOf (index: number, offset: number): string { return `${index}-${offset}` }

async function root (): Promise<FileSystemDirectoryHandle> {
  return (await navigator.storage.getDirectory()).getDirectoryHandle(ROOT, { create: true })
}

/** The parts of each file, without gap from its beginning; what lies behind a gap was written by a page that died before the rest. */
async function partsOf (folder: FileSystemDirectoryHandle, signal?: AbortSignal): Promise<Map<number, Part[]>> {
  const found = new Map<number, Part[]>()
  for await (const [name, handle] of folder.entries()) {
    signal?.throwIfAborted()
    const [, index, offset] = PART.exec(name) ?? []
    if (index === undefined || !(handle instanceof FileSystemFileHandle)) continue
    const parts = found.get(Number(index)) ?? []
    parts.push({ offset: Number(offset), size: (await handle.getFile()).size, handle })
    found.set(Number(index), parts)
  }
  for (const [index, parts] of found) {
    let end = 0
    found.set(index, parts.sort((one, other) => one.offset - other.offset).filter(({ offset, size }) => {
      if (offset !== end) return false
      end += size
      return true
    }))
  }
  return found
}

async function readAbout (folder: FileSystemDirectoryHandle): Promise<About> {
  try {
    const file = await (await folder.getFileHandle(ABOUT)).getFile()
    return JSON.parse(await file.text()) as About
  } catch {
    // a new one, or one whose page died while it was made: nothing of it was done
    return { files: [], done: [] }
  }
}

/** The whole file or nothing: what is written becomes the file when it is closed. */
async function writeFile (folder: FileSystemDirectoryHandle, name: string, pieces: ReadonlyArray<Uint8Array | string>): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true })
  const writing = await handle.createWritable()
  try {
    for (const piece of pieces) await writing.write(piece as Uint8Array<ArrayBuffer> | string)
    await writing.close()
  } catch (error) {
    await writing.abort().catch(ignore)
    throw error
  }
}
