import { stripVTControlCharacters } from 'node:util'
import { shownLine } from '../../chat/index.js'

/**
 * A text of somebody else's as one line that does nothing to a terminal: without escape sequences, controls, overrides of
 * the direction of writing, and characters that are not seen.
 */
export function plainLine (text: string): string {
  return shownLine(stripVTControlCharacters(text))
}

/** Likewise, line by line. */
export function plainLines (text: string): string[] {
  return stripVTControlCharacters(text).split(/\r\n|[\n\r\u0085\u2028\u2029]/).map(plainLine)
}

/** At most so many characters, the end marked where it is cut. */
export function cut (text: string, most: number): string {
  const characters = Array.from(text)
  return characters.length <= most ? text : `${characters.slice(0, Math.max(0, most - 1)).join('')}…`
}
