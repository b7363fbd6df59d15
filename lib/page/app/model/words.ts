import { shownLine } from '../../../chat/index.js'

/** A name or a path of somebody else on one line, as it is shown. */
export function plainName (text: string, most: number): string {
  const plain = Array.from(shownLine(text).replace(/\s+/g, ' ').trim())
  return plain.length > most ? `${plain.slice(0, most - 1).join('')}…` : plain.join('')
}

/** `1 file`, `2 files`. */
export function countOf (count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
