import { shownLine } from '../chat/index.js'
import { filesError } from './errors.js'
import { FILES_LIMITS } from './limits.js'

/** Which names are taken: those that every system can hold, or all that no system reads as another place. */
export type NameRules = 'portable' | 'any'

/** Bytes of UTF-8 that one part of a path may have: what file systems take. */
const MAX_PART_BYTES = 255

/** What Windows takes for something else in a name: streams, drives, patterns, quotes. */
const FOREIGN = /[<>:"|?*]|[. ]$/
/** Devices of Windows, whatever follows the first dot. */
const DEVICE = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i
/** What chooses between forms of a picture or a letter. */
const FORMS = '\\ufe00-\\ufe0f\\u{e0100}-\\u{e01ef}'
/** That, and what joins them: seen in what it does, if that is there. */
const JOINS = `(?:[\\u200c\\u200d]|[${FORMS}])`
/** The signs of scripts of India that a letter has no vowel. */
const BARE = '\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca'
/** Where it does something at the end of a name, too: behind a picture or an ideograph, or one of those signs. */
const JOINED = new RegExp(`(?<=[\\p{Extended_Pictographic}\\p{Ideographic}])[${FORMS}]|(?<=[${BARE}])[\\u200c\\u200d]`, 'gu')
/** Where it does nothing: at the beginning or end of a name, or of what dots divide it into. */
const UNSEEN = new RegExp(`(?:^|\\.)${JOINS}|${JOINS}(?:$|\\.)`, 'u')
const NOTHING = /^[\p{Default_Ignorable_Code_Point}\p{White_Space}]+$/u
const DRIVE = /^[a-z]:/i

const encoder = new TextEncoder()

/** What {@link checkPath} may be told. */
export interface PathOptions {
  /** Default `portable`. */
  names?: NameRules | undefined
  maxPathBytes?: number | undefined
  maxPathParts?: number | undefined
}

/**
 * Asks whether a path stays below the folder that it is put in, on every system: relative, parts between `/`, none of them
 * empty, `.` or `..`, no backslash, control character or one that is not seen, drive, name of nothing that is seen or, unless `names` is `any`, name that Windows reserves.
 *
 * @throws ERR_FILES_PATH with what is wrong; the path itself is not part of the sentence
 */
export function checkPath (path: string, { names = 'portable', maxPathBytes = FILES_LIMITS.maxPathBytes, maxPathParts = FILES_LIMITS.maxPathParts }: PathOptions = {}): void {
  const wrong = (what: string): Error => filesError('ERR_FILES_PATH', what)
  if (isLonger(path, maxPathBytes)) throw wrong(`more than ${maxPathBytes} bytes`)
  if (!path.isWellFormed()) throw wrong('half of a character')
  // a name is what it looks like
  if (shownLine(path) !== path) throw wrong('a control character, or one that is not seen')
  if (path.includes('\\')) throw wrong('a backslash')
  if (DRIVE.test(path)) throw wrong('a drive')
  const parts = path.split('/')
  if (parts.length > maxPathParts) throw wrong(`more than ${maxPathParts} folders in each other`)
  for (const part of parts) {
    if (part === '') throw wrong('an empty part')
    if (part === '.' || part === '..') throw wrong('a part that is not a name')
    if (NOTHING.test(part) || UNSEEN.test(part.replace(JOINED, ''))) throw wrong('a name with something that is not seen')
    if (isLonger(part, MAX_PART_BYTES)) throw wrong(`a name of more than ${MAX_PART_BYTES} bytes`)
    if (names === 'any') continue
    if (FOREIGN.test(part)) throw wrong('a character that Windows does not take in a name')
    if (DEVICE.test(part)) throw wrong('a name that Windows reserves')
  }
}

/** Whether it has more bytes as UTF-8, which a letter has at most three of: most need not be encoded to know. */
function isLonger (text: string, maxBytes: number): boolean {
  return text.length > maxBytes || text.length * 3 > maxBytes && encoder.encode(text).byteLength > maxBytes
}

/**
 * What paths have in common that are one path on a system that ignores case or how letters and accents are put together.
 * Letters whose capital is more than one letter stay as they are, as file systems have it.
 */
export function foldPath (path: string): string {
  const composed = path.normalize('NFC')
  const capitals = composed.toUpperCase()
  if (capitals.length === composed.length) return capitals.normalize('NFC')
  let folded = ''
  for (const letter of composed) {
    const capital = letter.toUpperCase()
    folded += capital.length === letter.length ? capital : letter
  }
  return folded.normalize('NFC')
}
