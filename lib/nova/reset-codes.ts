import { errorsOf, HushwireError, type ErrorTable } from '../stream/index.js'

/** Why a packet was reset by who sends it, or stopped by who reads it (docs/protocol.md, Control). */
export const RESET_CODES = {
  /** It is not wanted any more. */
  cancelled: 0,
  /** Where it comes from has failed. */
  failed: 1,
  /** Nobody takes it. */
  refused: 2,
  /** It is over a limit. */
  limit: 3,
  /** Nothing went on with it for too long. */
  stalled: 4,
  /** The peer at the other end has gone. */
  gone: 5,
  /** The peer or the relay shuts down. */
  shutdown: 6
} as const

/** The codes of packets that the other side has ended, one for each of {@link RESET_CODES}. */
export const RESET_ERRORS = {
  ERR_RESET_CANCELLED: { origin: 'remote', fatal: false, sentence: 'the other side does not want the packet any more' },
  ERR_RESET_FAILED: { origin: 'remote', fatal: false, sentence: 'the other side ended the packet because it failed there' },
  ERR_RESET_REFUSED: { origin: 'remote', fatal: false, sentence: 'the other side does not take the packet' },
  ERR_RESET_LIMIT: { origin: 'remote', fatal: false, sentence: 'the packet is over a limit of the other side' },
  ERR_RESET_STALLED: { origin: 'remote', fatal: false, sentence: 'the other side ended the packet because nothing went on with it' },
  ERR_RESET_GONE: { origin: 'remote', fatal: false, sentence: 'the peer at the other end of the packet has gone' },
  ERR_RESET_SHUTDOWN: { origin: 'remote', fatal: false, sentence: 'the other end of the packet shuts down' }
} as const satisfies ErrorTable

const make = errorsOf('nova', RESET_ERRORS)

const CODES: ReadonlyMap<string, number> = new Map(Object.entries(RESET_CODES).map(([name, code]) => [`ERR_RESET_${name.toUpperCase()}`, code]))

/** The error of a code; of one that is not known, that of `failed`. */
export function resetError (code: number): HushwireError {
  for (const [name, each] of CODES) if (each === code) return make(name as keyof typeof RESET_ERRORS)
  return make('ERR_RESET_FAILED', `code ${code}`)
}

/** The code to tell the other side when something ended with this error: that of a reset goes on as it is, all others are `failed`. */
export function resetCodeOf (error: unknown): number {
  return error instanceof HushwireError ? CODES.get(error.code) ?? RESET_CODES.failed : RESET_CODES.failed
}
