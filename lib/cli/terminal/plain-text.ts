import { stripVTControlCharacters } from 'node:util'

/** Controls, what turns the direction of writing, what is not seen, separators of lines, tags, and halves of surrogate pairs. */
// eslint-disable-next-line no-control-regex -- these are what is looked for
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e0fff}\p{Surrogate}]/gu

/**
 * A text of somebody else's as one line that does nothing to a terminal: without escape sequences, controls, overrides of
 * the direction of writing, and characters that are not seen.
 */
export function plainLine (text: string): string {
  return stripVTControlCharacters(text).replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ').replace(UNSAFE, '')
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
