/** What turns the direction of a text around, and what is not to be seen: with it, a name can look like another one. */
const UNSEEN = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu

/** A name or a path of somebody else on one line, as it is shown. */
export function plainName (text: string, most: number): string {
  const plain = text.replace(UNSEEN, ' ').replace(/\s+/g, ' ').trim()
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain
}

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const

/** 1,536 as `1.5 KB`. */
export function sizeOf (bytes: number): string {
  let unit = 0
  let value = bytes
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? value : value.toPrecision(value < 100 ? 2 : 3)} ${UNITS[unit] ?? ''}`
}

/** Seconds as `2 min 5 s`. */
export function durationOf (seconds: number): string {
  const whole = Math.max(1, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return two(Math.floor(whole / 60), 'min', whole % 60, 's')
  return two(Math.floor(whole / 3600), 'h', Math.floor(whole % 3600 / 60), 'min')
}

function two (large: number, unit: string, small: number, part: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${part}`
}

/** `1 file`, `2 files`. */
export function countOf (count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
