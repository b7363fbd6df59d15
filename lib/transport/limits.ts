import { limitsOf, type LimitsOf } from '../stream/index.js'

/** The limits of all transports and their defaults; each transport has those that its options name. */
export const TRANSPORT_LIMITS = {
  closeTimeout: 10_000,
  highWater: 262_144,
  connectTimeout: 10_000,
  maxConnections: 10_000,
  maxMessage: 1_048_576,
  maxOverflow: 16_777_216
} as const

/** The limits in force. */
export type TransportLimits = Readonly<Record<keyof typeof TRANSPORT_LIMITS, number>>

/** The limits that options ask for, checked before anything is opened. @throws ERR_LIMIT_OPTION */
export function transportLimits (options: LimitsOf<typeof TRANSPORT_LIMITS>): TransportLimits {
  return limitsOf(TRANSPORT_LIMITS, options)
}
