const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const

/** The longest time that is told to the second or minute, in seconds: below a hundred hours. */
const LONGEST = 359_999

/**
 * Bytes as a person reads them, in powers of a thousand.
 *
 * @example
 * ```ts
 * import { amountOf } from 'hushwire/files'
 *
 * amountOf(1536) // '1.5 KB'
 * amountOf(118_000_000) // '118 MB'
 * ```
 */
export function amountOf (bytes: number): string {
  let value = bytes
  let unit = 0
  // what would be rounded to a thousand is one of the next unit
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit] as string}`
}

/**
 * A time as a person reads it: rounded up to a whole second, from an hour on without the seconds, which are cut off, and from a hundred hours on `days`.
 *
 * @param seconds - may be `Infinity`
 * @example
 * ```ts
 * import { durationOf } from 'hushwire/files'
 *
 * durationOf(124.2) // '2 min 5 s'
 * durationOf(600) // '10 min'
 * ```
 */
export function durationOf (seconds: number): string {
  const whole = Math.ceil(seconds)
  if (!(whole <= LONGEST)) return 'days'
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return both(Math.floor(whole / 60), 'min', whole % 60, 's')
  return both(Math.floor(whole / 3600), 'h', Math.floor(whole % 3600 / 60), 'min')
}

function both (large: number, unit: string, small: number, part: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${part}`
}
