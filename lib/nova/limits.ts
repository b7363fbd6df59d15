import { streamError } from '../stream/index.js'

/** The longest delay that a timer takes, in milliseconds; longer ones would fire at once. */
export const LONGEST_DELAY = 2 ** 31 - 1

/**
 * Checks limits at construction; those that were not set are left to their defaults.
 *
 * @param ranges - the least and the most of each, both allowed; whole numbers, but Infinity where it is the most
 * @throws ERR_LIMIT_OPTION
 */
export function checkLimits<T extends object> (limits: T | undefined, ranges: { readonly [K in keyof T]?: readonly [least: number, most: number] }): void {
  if (limits === undefined) return
  for (const [name, range] of Object.entries<readonly [number, number] | undefined>(ranges)) {
    const value: unknown = limits[name as keyof T]
    if (value === undefined || range === undefined) continue
    if (typeof value !== 'number' || !(value >= range[0] && value <= range[1]) || !Number.isInteger(value) && value !== Infinity) throw streamError('ERR_LIMIT_OPTION', name)
  }
}
