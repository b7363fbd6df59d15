import { isObject } from './check.js'
import { streamError } from './errors.js'

/** Limits as a caller gives them: any of them, each a number of its own unit. */
export type LimitsOf<Table> = { readonly [Name in keyof Table]?: number | undefined }

/** The longest delay that a timer takes; longer ones would fire at once. */
const LONGEST_DELAY = 2 ** 31 - 1

/** A time in milliseconds, `Infinity` among them, as the delay of a timer: at most the longest that it takes, 24 days. */
export function delayOf (milliseconds: number): number {
  return Math.min(milliseconds, LONGEST_DELAY)
}

/**
 * The limits in force: the caller's where they are given, else the table's. Each is a whole number of one or more, or
 * `Infinity` to lift it; those whose names end in `Timeout` are milliseconds, at most 2^31 - 1.
 *
 * @param mayBeZero - the names of those that may be zero
 * @throws ERR_LIMIT_OPTION when one is out of its range
 * @example
 * ```ts
 * import { limitsOf } from 'hushwire/stream'
 *
 * limitsOf({ maxItems: 10, maxBytes: 1000 }, { maxItems: 20 }) // { maxItems: 20, maxBytes: 1000 }
 * ```
 */
export function limitsOf<Table extends Readonly<Record<string, number>>> (table: Table, given: LimitsOf<Table> = {}, mayBeZero: ReadonlyArray<keyof Table> = []): { readonly [Name in keyof Table]: number } {
  if (!isObject(given)) throw streamError('ERR_LIMIT_OPTION', 'limits are an object')
  const limits: Record<string, number> = { ...table }
  for (const name of Object.keys(table)) {
    const value = given[name]
    if (value === undefined) continue
    const most = name.endsWith('Timeout') ? LONGEST_DELAY : Infinity
    const whole = Number.isInteger(value) || value === Infinity
    if (!whole || value > most || value < (mayBeZero.includes(name) ? 0 : 1)) throw streamError('ERR_LIMIT_OPTION', name)
    limits[name] = value
  }
  return limits as { readonly [Name in keyof Table]: number }
}
