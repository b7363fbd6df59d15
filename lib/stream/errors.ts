/**
 * Who caused an error: `remote` when what came over the wire was wrong or went missing, `local` when the caller
 * or this machine was the cause.
 */
export type ErrorOrigin = 'local' | 'remote'

/** What is fixed about an error code. The sentence is what a person reads; it never holds secrets or payload. */
export interface ErrorEntry {
  readonly origin: ErrorOrigin
  /** True when the connection, channel or state that raised it cannot go on. */
  readonly fatal: boolean
  readonly sentence: string
}

/** The codes of one layer; each folder has one such table, and docs/errors.md lists them all. */
export type ErrorTable = Readonly<Record<string, ErrorEntry>>

/**
 * The one error class of hushwire. `code` is stable across versions (semver) and is what programs compare;
 * `message` is for people and may change.
 *
 * @example
 * ```ts
 * import { HushwireError } from 'hushwire'
 *
 * const error = new HushwireError('ERR_EXAMPLE', 'an example', { layer: 'docs', origin: 'local', fatal: false })
 * if (error.code !== 'ERR_EXAMPLE') throw new Error('unexpected')
 * ```
 */
export class HushwireError extends Error {
  override readonly name = 'HushwireError'
  /** Stable, upper case, starts with `ERR_`. */
  readonly code: string
  /** The layer that raised it, such as `nova.frame`. */
  readonly layer: string
  readonly origin: ErrorOrigin
  readonly fatal: boolean

  constructor (code: string, message: string, about: { layer: string, origin: ErrorOrigin, fatal: boolean, cause?: unknown }) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause })
    this.code = code
    this.layer = about.layer
    this.origin = about.origin
    this.fatal = about.fatal
  }
}

/**
 * Makes the error factory of a layer from its table of codes.
 *
 * @returns a function of code, an optional detail that is appended to the sentence, and an optional cause
 * @example
 * ```ts
 * import { errorsOf } from 'hushwire/stream'
 *
 * const oops = errorsOf('docs', { ERR_OOPS: { origin: 'local', fatal: false, sentence: 'something slipped' } })
 * oops('ERR_OOPS', 'twice').message // 'something slipped: twice'
 * ```
 */
export function errorsOf<T extends ErrorTable> (layer: string, table: T): (code: keyof T & string, detail?: string, cause?: unknown) => HushwireError {
  return (code, detail, cause) => {
    const { origin, fatal, sentence } = table[code] as ErrorEntry
    return new HushwireError(code, detail === undefined ? sentence : `${sentence}: ${detail}`, { layer, origin, fatal, cause })
  }
}

/** The codes that `hushwire/stream` itself raises. */
export const STREAM_ERRORS = {
  ERR_CHANNEL_CLOSED: { origin: 'local', fatal: false, sentence: 'nothing can be pushed after the channel has ended' },
  ERR_TRUNCATED: { origin: 'remote', fatal: true, sentence: 'the stream ended before everything that was announced had come' },
  ERR_READ_LIMIT: { origin: 'local', fatal: false, sentence: 'a read asked for more bytes than the reader may hold' },
  ERR_ABORTED: { origin: 'local', fatal: true, sentence: 'aborted by the caller' },
  ERR_CLOSED: { origin: 'local', fatal: true, sentence: 'the link is closed' },
  ERR_SINK_IN_USE: { origin: 'local', fatal: false, sentence: 'the sink takes one source, and has it already' },
  ERR_HANDSHAKE_TIMEOUT: { origin: 'remote', fatal: true, sentence: 'the handshake did not finish in time' },
  ERR_TIMEOUT: { origin: 'remote', fatal: true, sentence: 'the other side did not answer in time' },
  ERR_ARGUMENT: { origin: 'local', fatal: false, sentence: 'an argument is not what it must be' },
  ERR_LIMIT_OPTION: { origin: 'local', fatal: false, sentence: 'a limit is out of its range' }
} as const satisfies ErrorTable

/** Makes an error of {@link STREAM_ERRORS}. */
export const streamError = errorsOf('stream', STREAM_ERRORS)

/**
 * The code of an error, ours or the platform's, such as `ENOENT`; undefined for what has none.
 *
 * @example
 * ```ts
 * import { codeOf } from 'hushwire/stream'
 *
 * codeOf(Object.assign(new Error('no such file'), { code: 'ENOENT' })) // 'ENOENT'
 * codeOf('anything else that was thrown') // undefined
 * ```
 */
export function codeOf (error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** The error as it is, or anything else that was thrown wrapped as `ERR_ABORTED` with it as the cause. */
export function asError (thrown: unknown): Error {
  return thrown instanceof Error ? thrown : streamError('ERR_ABORTED', undefined, thrown)
}
