import { delayOf } from '../../stream/index.js'
import { relayError } from '../errors.js'
import type { RelayEvent } from './events.js'
import type { Member } from './member.js'
import type { CheckedLimits } from './options.js'

/** Parts of all connections that are pinged one after the other, so that never all of them are at once. */
const SLICES = 32
/** So often within `slowTimeout` it is looked for those who take nothing. */
const LOOKS = 4

/** What the heartbeat stands on. */
export interface HeartbeatOptions {
  readonly limits: CheckedLimits
  /** Whether those who take nothing are cut. */
  readonly cutSlow: boolean
  readonly report: (event: RelayEvent) => void
}

/** Asks every connection for signs of life, and those at once that take nothing of what waits for them. Two timers for all of them. */
export class Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #slices: ReadonlyArray<Set<Member>> = Array.from({ length: SLICES }, () => new Set<Member>())
  /** Those that are being asked, and why: one that is asked whether it is there may have to answer sooner because it takes nothing. */
  readonly #asked = { silent: new Set<Member>(), 'slow-consumer': new Set<Member>() }
  readonly #timers: readonly NodeJS.Timeout[]
  #turn = 0
  #next = 0

  constructor (options: HeartbeatOptions) {
    this.#options = options
    const { heartbeatInterval, slowTimeout } = options.limits
    this.#timers = [
      setInterval(() => { this.#ping() }, delayOf(heartbeatInterval / SLICES)),
      ...options.cutSlow ? [setInterval(() => { this.#look() }, delayOf(slowTimeout / LOOKS))] : []
    ]
  }

  add (member: Member): void {
    this.#slices[this.#next++ % SLICES]?.add(member)
  }

  delete (member: Member): void {
    for (const slice of this.#slices) slice.delete(member)
  }

  stop (): void {
    for (const timer of this.#timers) clearInterval(timer)
  }

  #ping (): void {
    for (const member of this.#slices[this.#turn++ % SLICES] ?? []) void this.#ask(member, this.#options.limits.heartbeatTimeout, 'silent')
  }

  #look (): void {
    const { slowTimeout } = this.#options.limits
    for (const slice of this.#slices) {
      for (const member of slice) if (member.passages.heldUpFor() >= slowTimeout) void this.#ask(member, slowTimeout, 'slow-consumer')
    }
  }

  async #ask (member: Member, timeout: number, why: 'silent' | 'slow-consumer'): Promise<void> {
    const asked = this.#asked[why]
    if (asked.has(member)) return
    asked.add(member)
    try {
      await member.link.ping({ timeout })
    } catch {
      // of those that are gone already, nobody needs to be told
      if (!this.#slices.some(slice => slice.has(member))) return
      this.#options.report({ type: why, id: member.id })
      member.link.abort(relayError(why === 'silent' ? 'ERR_RELAY_SILENT' : 'ERR_RELAY_SLOW'))
    } finally {
      asked.delete(member)
    }
  }
}
