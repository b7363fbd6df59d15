import { RELAY_CODES } from '../../lib/nova/index.js'
import type { RelayEvent } from '../../lib/relay/server/index.js'
import { Actor } from './actor.js'
import { VirtualClock } from './clock.js'
import { Host } from './host.js'
import { Ledger } from './ledger.js'
import { Network } from './network.js'
import { Random } from './random.js'
import type { Play } from './play.js'
import type { Setting } from './setting.js'
import { nameOf, Tracker } from './tracker.js'

/** Everything of one run. */
export class World implements Setting {
  readonly problems: string[] = []
  readonly trace: string[] = []
  readonly random: Random
  readonly clock: VirtualClock
  readonly tracker = new Tracker()
  readonly ledger: Ledger
  readonly network: Network
  readonly host: Host
  readonly size: number
  readonly actors: readonly Actor[]
  readonly plays: Play[] = []
  /** Told of moments at which a fault would hurt. */
  onMoment: (() => void) | undefined
  readonly #pauses: Random

  constructor (seed: number) {
    this.random = new Random(seed)
    this.clock = new VirtualClock(this.random.fork().next)
    this.ledger = new Ledger(this.problems)
    this.network = new Network(this.clock, this.random.fork())
    this.#pauses = this.random.fork()
    this.host = new Host(this)
    this.size = this.random.int(2, 5)
    this.actors = Array.from({ length: this.size }, (_, index) => new Actor(this, index))
  }

  readonly note = (text: string): void => { this.trace.push(`${Math.floor(this.clock.now)} ${text}`) }

  readonly problem = (text: string): void => {
    this.problems.push(text)
    this.note(`PROBLEM ${text}`)
  }

  /** Tells what the relay says, as far as it is of use in a trace. */
  event (event: RelayEvent): void {
    const { type } = event
    if (type === 'mail-stored' || type === 'mail-delivered' || type === 'mail-taken' || type === 'connected') this.onMoment?.()
    if (type === 'answered' && event.code !== RELAY_CODES.ok) this.note(`relay: ${event.operation ?? '?'} is refused with ${event.code} ${event.error === undefined ? '' : nameOf(event.error)}`)
    if (type === 'failed' || type === 'mail-undelivered' || type === 'silent' || type === 'slow-consumer' || type === 'taken-over') this.note(`relay: ${type}`)
  }

  /** The application does something else for a while. */
  readonly pause = async (): Promise<void> => {
    if (this.#pauses.chance(0.15)) await this.clock.sleep(this.#pauses.int(1, 30))
  }
}
