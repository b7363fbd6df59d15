import { extname } from 'node:path/posix'
import { amountOf, type Entry, type Manifest } from '../../files/index.js'
import { cut, plainLine } from '../terminal/plain-text.js'
import { filesAmount } from './amounts.js'

/** Entries that a question lists, and characters of a path. */
const LISTED = 10
const PATH_CHARACTERS = 60
/** Characters of an ending that is kept where a path is cut. */
const ENDING_CHARACTERS = 20
/** Characters of the last parts of a path that are kept where it is cut. */
const END_CHARACTERS = 40
/** Names of what some system runs, or lets run something, when it is opened; Windows does not see dots and spaces behind them. */
const RUNS = new RegExp(`\\.(?:${[
  'exe|com|bat|cmd|scr|pif|cpl|msi|msix|msp|appx|lnk|url|scf|reg|inf|hta|chm|ps1|psm1|vbs|vbe|js|jse|wsf|wsh|jar|jnlp',
  'app|command|tool|terminal|workflow|pkg|dmg|webloc|desktop|appimage|run|deb|rpm|apk|sh|bash|zsh|csh|ksh|fish|py|pyw|pl|rb|php'
].join('|')})[. ]*$`, 'i')
/** What macOS runs is a folder. */
const BUNDLE = /\.app\//i

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

/** A path of somebody else's in at most so many characters: cut in the middle, so that a hidden part of it stays, its last one, or at least what says of which kind the file is. */
export function shownPath (path: string): string {
  const plain = plainLine(path)
  if (lengthOf(plain) <= PATH_CHARACTERS) return plain
  const [begin, end] = halvesOf(plain)
  return `${cut(begin, PATH_CHARACTERS - lengthOf(end))}${end}`
}

/** What may be cut, and what stays. */
function halvesOf (path: string): readonly [begin: string, end: string] {
  const parts = path.split('/')
  // one at the beginning stays there
  const hidden = parts.findLastIndex((part, index) => index > 0 && isHidden(part))
  const from = hidden > 0 ? hidden : parts.length - 1
  const end = `/${parts.slice(from).join('/')}`
  if (from > 0 && lengthOf(end) <= END_CHARACTERS) return [parts.slice(0, from).join('/'), end]
  const ending = Array.from(extname(path)).slice(-ENDING_CHARACTERS).join('')
  // what stands between a hidden part and the ending is not shown
  if (hidden > 0) return [parts.slice(0, hidden).join('/'), `/${cut(`${parts.slice(hidden).join('/')}…`, ENDING_CHARACTERS)}${ending}`]
  return [path.slice(0, path.length - ending.length), ending]
}

function lengthOf (text: string): number { return Array.from(text).length }

function isHidden (part: string): boolean { return part.startsWith('.') }

function isProgram ({ type, path, executable }: Entry): boolean {
  return executable || BUNDLE.test(path) || type === 'file' && RUNS.test(path)
}

function isUnexpected (entry: Entry): boolean {
  return isProgram(entry) || entry.path.split('/').some(isHidden)
}

function lineOf (entry: Entry): string {
  const { type, path, size } = entry
  return type === 'folder' ? `${shownPath(path)}/` : `${shownPath(path)}, ${amountOf(size)}${isProgram(entry) ? ', a program' : ''}`
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
