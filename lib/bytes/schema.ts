import type { Input, Output } from './cursor.js'

/**
 * A fixed layout: how a value of `T` is written and read. Schemas are put together from the ones of this module
 * ({@link struct}, {@link slice}, …), so their nesting, and with it the depth of every read, is what the program
 * wrote down, never what the bytes say.
 */
export interface Schema<T> {
  /** The fewest bytes that a value takes. Zero only where every value takes none. */
  readonly minBytes: number
  /** Appends a value. It is not changed, and nothing of it is kept. */
  write(output: Output, value: T): void
  /** Takes a value off the front of the input. */
  read(input: Input): T
}

/**
 * The TypeScript type of a schema's values.
 *
 * @example
 * ```ts
 * import { string, struct, uint16, type Infer } from 'hushwire/bytes'
 *
 * const greeting = struct({ version: uint16, name: string })
 * const value: Infer<typeof greeting> = { version: 1, name: 'Alice' }
 * console.log(value.name)
 * ```
 */
export type Infer<S extends Schema<unknown>> = S extends Schema<infer T> ? T : never
