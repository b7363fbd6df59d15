import { extname } from 'node:path/posix'
import { amountOf, type Entry, type Manifest } from '../../files/index.js'
import { cut, plainLine } from '../terminal/plain-text.js'
import { filesAmount } from './amounts.js'

/** Entries that a question lists, and characters of a path. */
const LISTED = 10
const PATH_CHARACTERS = 60
/** Characters of an ending that is kept where a path is cut. */
const ENDING_CHARACTERS = 20

/**
 * What somebody wants to send, as lines for a person: how much, then paths, those first that one would not expect among others (programs,
 * and names that begin with a dot, which listings hide), and how many more there are.
 */
export function offeredLines ({ files, bytes, entries }: Manifest): readonly [amount: string, ...paths: readonly string[]] {
  const folders = entries.length - files
  const ordered = [...entries.filter(isUnexpected), ...entries.filter(entry => !isUnexpected(entry))]
  const rest = ordered.slice(LISTED)
  const amount = `${filesAmount(files, bytes)}${folders > 0 ? `, and ${count(folders, 'empty folder')}` : ''}`
  return [amount, ...ordered.slice(0, LISTED).map(lineOf), ...rest.length > 0 ? [restOf(rest)] : []]
}

/** A path of somebody else's in at most so many characters: its end is cut off, but for what says of which kind the file is. */
export function shownPath (path: string): string {
  const plain = plainLine(path)
  const characters = Array.from(plain)
  if (characters.length <= PATH_CHARACTERS) return plain
  const ending = Array.from(extname(plain)).slice(-ENDING_CHARACTERS)
  return `${cut(characters.slice(0, characters.length - ending.length).join(''), PATH_CHARACTERS - ending.length)}${ending.join('')}`
}

function isUnexpected ({ path, executable }: Entry): boolean {
  return executable || path.split('/').some(part => part.startsWith('.'))
}

function lineOf ({ type, path, size, executable }: Entry): string {
  return type === 'folder' ? `${shownPath(path)}/` : `${shownPath(path)}, ${amountOf(size)}${executable ? ', a program' : ''}`
}

function restOf (rest: readonly Entry[]): string {
  const files = rest.filter(({ type }) => type === 'file').length
  const parts = [files > 0 ? count(files, 'file') : '', rest.length > files ? count(rest.length - files, 'folder') : ''].filter(Boolean).join(' and ')
  const unexpected = rest.filter(isUnexpected).length
  return `and ${parts} more${unexpected > 0 ? `, ${unexpected} of them programs or hidden` : ''}`
}

function count (number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}
