import { failureCode, messageOf } from '../errors.js'
import { knownReason } from '../platform-reason.js'
import { plainLine } from '../terminal/plain-text.js'

/** Why a file, or a transfer, was not sent or received, for people: with what the system has said, when it is behind that. */
export function whyOf (error: Error): string {
  const reason = knownReason(error.cause)
  const message = plainLine(messageOf(error))
  return `${message}${reason === undefined || message.includes(reason) ? '' : `: ${reason}`} (${failureCode(error)})`
}
