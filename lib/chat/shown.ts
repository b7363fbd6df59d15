/**
 * Controls, what turns the direction of writing, what is not seen, separators of lines, tags, and halves of surrogate pairs; not what joins letters and
 * pictures or chooses between forms of a letter (but for those of Mongolian, which are unseen anywhere else). The one list of these: names of files are held against it, too.
 */
const UNSAFE = /[\u034f\u17b4\u17b5\u180b-\u180f\p{Cc}\p{Surrogate}\u00ad\u061c\u115f\u1160\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e00ff}\u{e01f0}-\u{e0fff}]/gu

/** Letters of other scripts that look like a Latin one, and that one: after folding, so small letters alone. */
const OTHERS = 'аеорсухіјѕһԁѵԛԝмткнвοαρνικτυχβεζημӏıɑ'
const LATIN = 'aeopcyxijshdvqwmtkhboapviktuxbezhmlia'
/** Capitals that look like another letter than their small ones do. */
const CAPITALS: ReadonlyMap<string, string> = new Map([['Ν', 'n'], ['Υ', 'y']])
const LATIN_OF: ReadonlyMap<string, string> = new Map(Array.from(OTHERS, (letter, at) => [letter, LATIN[at] ?? letter]))

/**
 * A text of somebody else's as one line that shows what it is: without controls, overrides of the direction of writing, and characters that
 * are not seen. Line breaks and tabs in a row become one space; what joins letters and pictures stays. It is not cut, and may still
 * hold markup: it is for places that take text as text. Who compares it with the text knows whether that is what it looks like.
 *
 * @example
 * ```ts
 * import { shownLine } from 'hushwire/chat'
 *
 * shownLine('two\nlines\u202e') // 'two lines'
 * ```
 */
export function shownLine (text: string): string {
  return text.replace(/[\t\n\v\f\r\u0085\u2028\u2029]+/g, ' ').replace(UNSAFE, '')
}

/**
 * What names have in common that look alike: case, forms of a letter, Cyrillic and Greek letters that look like Latin ones, l, 1, i and |, o and 0,
 * spaces, and characters that nobody sees are gone. It is to compare names with, not to be shown; empty when there is nothing to see.
 *
 * @example
 * ```ts
 * import { lookOf } from 'hushwire/chat'
 *
 * lookOf('ALICE') === lookOf('Аlice') // true: the second begins with a Cyrillic letter
 * ```
 */
export function lookOf (name: string): string {
  const seen = name.normalize('NFKC').replace(/[\p{Default_Ignorable_Code_Point}\p{Cc}\u2800]/gu, '')
  const folded = Array.from(seen, letter => CAPITALS.get(letter) ?? letter).join('').toLowerCase()
  return Array.from(folded, letter => LATIN_OF.get(letter) ?? letter).join('').replace(/[1i|]/g, 'l').replace(/0/g, 'o').replace(/\s+/g, ' ').trim()
}
