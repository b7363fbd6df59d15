import type { Uuid } from '../../lib/bytes/index.js'
import type { Identity } from '../../lib/nova/index.js'
import type { RelayEvent } from '../../lib/relay/server/index.js'
import type { VirtualClock } from './clock.js'
import type { Ledger } from './ledger.js'
import type { Network } from './network.js'
import type { Play } from './play.js'
import type { Random } from './random.js'
import type { Tracker } from './tracker.js'

/** What those who act in a run share. */
export interface Setting {
  readonly random: Random
  readonly clock: VirtualClock
  readonly tracker: Tracker
  readonly ledger: Ledger
  readonly network: Network
  readonly host: { readonly identity: Identity }
  /** How many actors there are. */
  readonly size: number
  readonly actors: ReadonlyArray<{ readonly index: number, readonly id: Uuid }>
  /** Streams, by their numbers. */
  readonly plays: Play[]
  note(text: string): void
  problem(text: string): void
  /** Tells what the relay says. */
  event(event: RelayEvent): void
  /** The application does something else for a while. */
  pause(): Promise<void>
}
