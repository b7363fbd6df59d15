import type { MaybePromise } from '../stream/index.js'
import type { Entry } from './manifest.js'

/** A file, or an empty folder, that is to be sent. A file system, or a page, makes it. */
export interface SourceFile {
  /** Where it goes: relative, with `/` between its parts. */
  readonly path: string
  /** Bytes; what comes to another number has changed. 0 of a folder. */
  readonly size: number
  /** When it was changed last, in milliseconds since 1970: another time is another transfer. */
  readonly modified: number
  /** Whether it is a program. Default false. */
  readonly executable?: boolean | undefined
  /** Default `file`. */
  readonly type?: 'file' | 'folder' | undefined
  /** Its bytes from an offset on, to the end; each piece is the reader's until it asks for the next. Of a folder it is not called. */
  open(from: number): AsyncIterable<Uint8Array>
  /** Asked when all of it was read: whether it is another one by now. */
  changed?(): MaybePromise<boolean>
}

/** What the manifest says of a file. */
export function entryOf ({ type = 'file', path, size, modified, executable = false }: SourceFile): Entry {
  return { type, path, size, modified: Math.max(0, Math.floor(modified)), executable }
}
