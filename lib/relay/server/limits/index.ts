import { uuidKey, type Uuid } from '../../../bytes/index.js'
import { limitsOf, once, type Duplex, type LimitsOf } from '../../../stream/index.js'
import { relayError } from '../../errors.js'
import type { Admission, Admitted } from '../admission.js'
import { addressKey } from './address.js'
import { Bucket, type Clock } from './bucket.js'
import { Table } from './table.js'
import { throttled } from './throttled.js'

/** The limits of an address and of an identity, and their defaults. Of IPv6 an address is its first 64 bits. */
export const ADMISSION_LIMITS = {
  /** Connections of an address that may stand or be in their handshake. */
  addressConnections: 256,
  /** Connections of an address that may be in their handshake at once, TLS included. */
  addressPending: 8,
  /** Handshakes of an address a minute. */
  addressHandshakes: 240,
  /** Packets a second of an address; two seconds' worth at once. */
  addressPackets: 10_000,
  /** Bytes a second of an address, as they come; two seconds' worth at once. At more, its connections are read more slowly. */
  addressBytes: 134_217_728,
  /** Packets a second of an identity; two seconds' worth at once. */
  identityPackets: 2000,
  /** Bytes a second of an identity, as they come; two seconds' worth at once. At more, its connections are read more slowly. */
  identityBytes: 67_108_864,
  /** Packets a minute of an identity that may be refused for the rate before its connections are closed. */
  maxRefusals: 1000,
  /** Addresses, and identities likewise, whose rates are remembered; the one unused for longest is forgotten. */
  maxRemembered: 100_000
} as const

/** Limits of admission; {@link ADMISSION_LIMITS} has the defaults. */
export type AdmissionLimits = LimitsOf<typeof ADMISSION_LIMITS>

/** An admission that knows who is at the door. */
export interface RateAdmission extends Admission {
  /**
   * For `admit` of a listener: a connection that is not one yet, since its TLS or its HTTP request is under way.
   *
   * @returns undefined when it is turned away, else what is to be called when it is a connection or gone
   */
  enter(address: string | undefined): (() => void) | undefined
}

/** Seconds of a rate that may come at once. */
const BURST = 2

type Checked = Readonly<Record<keyof typeof ADMISSION_LIMITS, number>>

/** What is known of an address or an identity. */
class Party {
  readonly packets: Bucket
  readonly bytes: Bucket
  readonly events: Bucket
  readonly duplexes = new Set<Duplex>()
  connections = 0
  pending = 0

  constructor (packets: number, bytes: number, eventsPerMinute: number, clock: Clock) {
    this.packets = new Bucket({ perSecond: packets, burst: packets * BURST }, clock)
    this.bytes = new Bucket({ perSecond: bytes, burst: bytes * BURST }, clock)
    this.events = new Bucket({ perSecond: eventsPerMinute / 60, burst: eventsPerMinute }, clock)
  }

  get idle (): boolean { return this.connections === 0 && this.pending === 0 }
}

/**
 * Counts and rates by address and by identity, for `admission` of `startRelay`: connections, handshakes, packets and bytes. Time is
 * that of the process, so a wall clock that jumps changes nothing.
 *
 * @param clock - milliseconds that never go backwards
 * @throws ERR_LIMIT_OPTION
 * @example
 * ```ts
 * import { createIdentity } from 'hushwire/nova'
 * import { rateAdmission, startRelay } from 'hushwire/relay/server'
 *
 * const relay = await startRelay({ identity: createIdentity(), tcp: { port: 0 }, admission: rateAdmission({ addressConnections: 16 }) })
 * await relay.close()
 * ```
 */
export function rateAdmission (limits: AdmissionLimits = {}, clock: () => number = () => performance.now()): RateAdmission {
  return new Rates(limitsOf(ADMISSION_LIMITS, limits), clock)
}

class Rates implements RateAdmission {
  readonly #limits: Checked
  readonly #addresses: Table<Party>
  readonly #identities: Table<Party>

  constructor (limits: Checked, clock: Clock) {
    this.#limits = limits
    this.#addresses = new Table(limits.maxRemembered, () => new Party(limits.addressPackets, limits.addressBytes, limits.addressHandshakes, clock))
    this.#identities = new Table(limits.maxRemembered, () => new Party(limits.identityPackets, limits.identityBytes, limits.maxRefusals, clock))
  }

  enter (address: string | undefined): (() => void) | undefined {
    const party = this.#addresses.of(addressKey(address))
    if (party.connections >= this.#limits.addressConnections || party.pending >= this.#limits.addressPending) return undefined
    party.pending++
    return once(() => { party.pending-- })
  }

  connection (address: string | undefined): Admitted {
    const party = this.#addresses.of(addressKey(address))
    if (party.connections >= this.#limits.addressConnections) throw relayError('ERR_RELAY_FULL', 'too many connections of one address')
    if (party.pending >= this.#limits.addressPending) throw relayError('ERR_RELAY_RATE', 'too many handshakes of one address at once')
    if (!party.events.take()) throw relayError('ERR_RELAY_RATE', 'too many handshakes of one address')
    party.connections++
    party.pending++
    const shaken = once(() => { party.pending-- })
    let identity: Party | undefined
    let held: Duplex | undefined
    return {
      duplex: duplex => {
        held = duplex
        return throttled(duplex, bytes => Math.max(party.bytes.charge(bytes), identity?.bytes.charge(bytes) ?? 0))
      },
      shook: id => {
        shaken()
        identity = this.#identities.of(uuidKey(id))
        identity.connections++
        if (held !== undefined) identity.duplexes.add(held)
      },
      closed: once(() => {
        shaken()
        party.connections--
        if (identity === undefined) return
        identity.connections--
        if (held !== undefined) identity.duplexes.delete(held)
      })
    }
  }

  packet (id: Uuid, address: string | undefined): boolean {
    const identity = this.#identities.of(uuidKey(id))
    const within = identity.packets.take() && this.#addresses.of(addressKey(address)).packets.take()
    if (!within && !identity.events.take()) cut(identity)
    return within
  }
}

/** Whoever does not mind being refused is let go of. */
function cut ({ duplexes }: Party): void {
  const error = relayError('ERR_RELAY_RATE', 'too many packets')
  for (const duplex of [...duplexes]) {
    duplexes.delete(duplex)
    duplex.abort(error)
  }
}
