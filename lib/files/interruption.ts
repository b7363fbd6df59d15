import { codeOf } from '../stream/index.js'

/** What a stream ends with when its connection, or the other side, has gone for a while. */
const PASSING: ReadonlySet<string> = new Set(['ERR_RESET_GONE', 'ERR_RESET_SHUTDOWN', 'ERR_RESET_STALLED', 'ERR_RESET_LIMIT'])

/** Whether a transfer whose stream ended with this goes on when the other side is there again. */
export function isInterruption (error: unknown): boolean {
  return PASSING.has(codeOf(error) ?? '')
}
