import { RELAY_CODES } from '../../nova/index.js'
import { HushwireError } from '../../stream/index.js'

/** Why a request is not done. It never leaves the relay but as its status. */
export class Refusal extends Error {
  /** One of `RELAY_CODES`. */
  readonly status: number

  constructor (status: number) {
    super('refused')
    this.status = status
  }
}

const STATUS: Readonly<Record<string, number>> = {
  ERR_MAIL_SENDER_QUOTA: RELAY_CODES.quota,
  ERR_MAIL_RECIPIENT_QUOTA: RELAY_CODES.quota,
  ERR_MAIL_QUOTA: RELAY_CODES.quota,
  ERR_MAIL_LENGTH: RELAY_CODES.tooLong,
  ERR_MAIL_ID: RELAY_CODES.malformed,
  ERR_MAIL_LIFETIME: RELAY_CODES.malformed,
  ERR_RELAY_IDLE: RELAY_CODES.limit,
  ERR_DIRECTORY_FULL: RELAY_CODES.limit,
  ERR_DIRECTORY_PREKEYS: RELAY_CODES.limit,
  ERR_DIRECTORY_INVITE: RELAY_CODES.invite,
  ERR_DIRECTORY_UNKNOWN: RELAY_CODES.unknownTarget,
  ERR_SHORT_INPUT: RELAY_CODES.malformed,
  ERR_TRAILING_BYTES: RELAY_CODES.malformed,
  ERR_SLICE_COUNT: RELAY_CODES.malformed,
  ERR_BOOL: RELAY_CODES.malformed
}

/** What an asker is told of a failure: what is not its own doing, is that it cannot be done now. */
export function statusOf (error: unknown): number {
  if (error instanceof Refusal) return error.status
  const known = error instanceof HushwireError ? STATUS[error.code] : undefined
  return known ?? RELAY_CODES.unavailable
}
