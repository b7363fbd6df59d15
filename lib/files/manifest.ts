import { bool, decode, encode, slice, string, struct, uint64, uint8, type Infer, type Uuid } from '../bytes/index.js'
import { crypto } from '../crypto/index.js'
import { filesError } from './errors.js'
import type { CheckedFilesLimits } from './limits.js'
import { checkPath, foldPath, type NameRules } from './path.js'

/** A file, or a folder that has nothing in it, as a manifest names it. */
export interface Entry {
  readonly type: 'file' | 'folder'
  /** Relative, with `/` between its parts. */
  readonly path: string
  /** Bytes; 0 of a folder. */
  readonly size: number
  /** When it was changed last, in milliseconds since 1970. */
  readonly modified: number
  /** Whether it is a program. */
  readonly executable: boolean
}

/** What a transfer is made of. */
export interface Manifest {
  readonly entries: readonly Entry[]
  /** Bytes of all files. */
  readonly bytes: number
  /** How many of the entries are files. */
  readonly files: number
}

const FILE = 0
const FOLDER = 1
const LAYOUT = slice(struct({ type: uint8, executable: bool, size: uint64, modified: uint64, path: string }))
const CONTEXT = new TextEncoder().encode('hushwire/files/1')

/** The bytes of a manifest, new memory. */
export function encodeManifest ({ entries }: Manifest): Uint8Array {
  return encode(LAYOUT, entries.map(({ type, executable, size, modified, path }) => ({
    type: type === 'file' ? FILE : FOLDER, executable, size: BigInt(size), modified: BigInt(modified), path
  })))
}

/**
 * The manifest of some bytes, with everything about it checked.
 *
 * @throws ERR_FILES_PROTOCOL, and what {@link checkManifest} does
 */
export function decodeManifest (bytes: Uint8Array, limits: CheckedFilesLimits, names?: NameRules): Manifest {
  return checkManifest(decodeEntries(bytes, limits), limits, names)
}

function decodeEntries (bytes: Uint8Array, limits: CheckedFilesLimits): Entry[] {
  if (bytes.byteLength > limits.maxManifestBytes) throw filesError('ERR_FILES_LIMIT', `a manifest of ${bytes.byteLength} bytes`)
  // before anything is made of them
  if (bytes.byteLength >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) > limits.maxEntries) throw tooMany(limits)
  let values: Infer<typeof LAYOUT>
  try {
    values = decode(LAYOUT, bytes)
  } catch (error) {
    throw filesError('ERR_FILES_PROTOCOL', 'a manifest that cannot be read', error)
  }
  return values.map(({ type, executable, size, modified, path }) => {
    if (type > FOLDER) throw filesError('ERR_FILES_PROTOCOL', `an entry of type ${type}`)
    return { type: type === FILE ? 'file' : 'folder', path, size: numberOf(size), modified: numberOf(modified), executable }
  })
}

/**
 * The manifest of these entries, when they can be one.
 *
 * @throws ERR_FILES_PATH, ERR_FILES_DUPLICATE, ERR_FILES_LIMIT; ERR_FILES_PROTOCOL for numbers that are none, or a folder with content
 */
export function checkManifest (entries: readonly Entry[], limits: CheckedFilesLimits, names?: NameRules): Manifest {
  if (entries.length === 0) throw filesError('ERR_FILES_PROTOCOL', 'a manifest without files')
  if (entries.length > limits.maxEntries) throw tooMany(limits)
  const most = Math.min(limits.maxBytes, Number.MAX_SAFE_INTEGER)
  let bytes = 0
  let files = 0
  for (const { type, path, size, modified, executable } of entries) {
    checkPath(path, { names, maxPathBytes: limits.maxPathBytes, maxPathParts: limits.maxPathParts })
    if (!isCount(size) || !isCount(modified)) throw filesError('ERR_FILES_PROTOCOL', 'a size or time that is none')
    if (type === 'folder' && (size > 0 || executable)) throw filesError('ERR_FILES_PROTOCOL', 'a folder with content')
    if (type === 'file') files++
    bytes += size
    if (bytes > most) throw filesError('ERR_FILES_LIMIT', `more than ${most} bytes`)
  }
  checkPlaces(entries, limits)
  return { entries, bytes, files }
}

/**
 * The name of a transfer: the same files from the same peer to the same peer have the same one, so that it goes on where it was.
 *
 * @returns 32 bytes
 */
export function transferId (from: Uuid, to: Uuid, manifest: Uint8Array): Uint8Array {
  return crypto.sha256.digest(CONTEXT, from, to, manifest)
}

/** No two entries are one place, nothing is in a file, and the folders that they are in are not more than entries may be. */
function checkPlaces (entries: readonly Entry[], { maxEntries }: CheckedFilesLimits): void {
  // sorted so, what is in a place stands right behind it
  const places = entries.map(({ path }) => ({ path, place: foldPath(path).replaceAll('/', '\0') })).sort((one, other) => one.place < other.place ? -1 : one.place > other.place ? 1 : 0)
  let folders = 0
  for (const [index, { path, place }] of places.entries()) {
    folders += foldersOf(place, places[index - 1]?.place ?? '')
    if (folders > maxEntries) throw filesError('ERR_FILES_LIMIT', `in more than ${maxEntries} folders`)
    const next = places[index + 1]
    if (next?.place === place) throw filesError('ERR_FILES_DUPLICATE', path === next.path ? `${path}, twice` : `${path} and ${next.path}`)
    // a folder is named only when it is empty
    if (next?.place.startsWith(`${place}\0`) === true) throw filesError('ERR_FILES_DUPLICATE', `${next.path} would be in ${path}`)
  }
}

/** In how many folders a place is that the one before it is not in. */
function foldersOf (place: string, before: string): number {
  let folders = 0
  let same = true
  for (let at = 0; at < place.length; at++) {
    same &&= place[at] === before[at]
    if (!same && place[at] === '\0') folders++
  }
  return folders
}

function isCount (value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

/** What is too long for a number is none that a check lets through. */
function numberOf (value: bigint): number {
  return value > BigInt(Number.MAX_SAFE_INTEGER) ? NaN : Number(value)
}

function tooMany ({ maxEntries }: CheckedFilesLimits): Error {
  return filesError('ERR_FILES_LIMIT', `more than ${maxEntries} files and folders`)
}
