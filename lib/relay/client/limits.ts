import type { LimitsOf } from '../../stream/index.js'
import { CONTACT_LIMITS } from './contacts.js'
import { INBOX_LIMITS } from './mail/inbox.js'
import { OFFER_LIMITS } from './pairing/open-offers.js'
import { OUTBOX_LIMITS } from './mail/outbox.js'
import { PRESENCE_LIMITS } from './presence.js'
import { SUPPLY_LIMITS } from './prekeys/prekey-supply.js'
import { REQUEST_LIMITS } from './connection/requests.js'
import { STREAM_LIMITS } from './streams/streams.js'

/** The limits of a client of a relay and their defaults. */
export const CLIENT_LIMITS = {
  ...REQUEST_LIMITS,
  ...OUTBOX_LIMITS,
  ...INBOX_LIMITS,
  ...STREAM_LIMITS,
  ...PRESENCE_LIMITS,
  ...CONTACT_LIMITS,
  ...OFFER_LIMITS,
  ...SUPPLY_LIMITS,
  /** Milliseconds that the first try to connect anew waits, at most; each further one up to twice as long. The wait is a random part of that. */
  reconnectMin: 500,
  /** Milliseconds that a try to connect anew waits, at most. */
  reconnectMax: 30_000,
  /** Connections that the relay takes nothing more on and that have not finished yet; above it the oldest is broken off. */
  maxLeaving: 4,
  /** Milliseconds between signs of life that the relay is asked for, give or take a quarter. */
  pingInterval: 25_000,
  /** Milliseconds for a sign of life; then the connection is made anew. */
  pingTimeout: 10_000
} as const

/** Limits of a client; {@link CLIENT_LIMITS} has the defaults. */
export type ClientLimits = LimitsOf<typeof CLIENT_LIMITS>

/** The limits in force. */
export type CheckedClientLimits = Readonly<Record<keyof typeof CLIENT_LIMITS, number>>
