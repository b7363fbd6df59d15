import { uuidKey, type Uuid } from '../../../lib/bytes/index.js'
import { createIdentity } from '../../../lib/nova/index.js'
import { rateAdmission, startRelay, type Admission, type AdmissionLimits, type Admitted, type RelayEvent, type RelayLimits } from '../../../lib/relay/server/index.js'
import type { Duplex } from '../../../lib/stream/index.js'
import type { Place } from '../../peers/peer.js'
import { probes, type Probed } from '../../peers/probe.js'

/** How a relay is started. */
export interface SoakRelayOptions {
  readonly limits?: RelayLimits | undefined
  /** Rates and counts by address and identity. Default: none. */
  readonly admission?: AdmissionLimits | undefined
}

/** What a relay has seen so far. */
export interface RelayState {
  readonly connections: number
  /** What keeps its process alive, but for the pipes to its parent: sockets, timers. */
  readonly handles: readonly string[]
  /** How often each kind of event was reported. */
  readonly events: Readonly<Record<string, number>>
  /** How often connections were refused or lost for each code. */
  readonly codes: Readonly<Record<string, number>>
  /** The most handshakes that were under way at once, by address. */
  readonly mostPending: Readonly<Record<string, number>>
  /** Promises that were rejected with nobody holding them. */
  readonly unhandled: readonly string[]
}

/** The relay's process. */
export interface SoakRelay extends Probed {
  place(): Promise<Place>
  state(): Promise<RelayState>
  /** Bytes of an identity that the relay has read, all of which it decrypts. */
  read(id: Uuid): Promise<number>
}

/** Counts handshakes by address, and bytes by identity as they are read. */
class Counted implements Admission {
  readonly mostPending: Record<string, number> = {}
  readonly read = new Map<string, number>()
  readonly #pending: Record<string, number> = {}
  readonly #inner: Admission

  constructor (inner: Admission) {
    this.#inner = inner
  }

  connection (address = ''): Admitted {
    const admitted = this.#inner.connection(address)
    const pending = this.#pending[address] = (this.#pending[address] ?? 0) + 1
    this.mostPending[address] = Math.max(this.mostPending[address] ?? 0, pending)
    let key: string | undefined
    let shaken = false
    const shook = (): void => {
      if (!shaken) this.#pending[address] = (this.#pending[address] ?? 0) - 1
      shaken = true
    }
    const count = (bytes: number): void => { if (key !== undefined) this.read.set(key, (this.read.get(key) ?? 0) + bytes) }
    return {
      duplex: duplex => counting(admitted.duplex(duplex), count),
      shook: id => {
        key = uuidKey(id)
        shook()
        admitted.shook(id)
      },
      closed: () => {
        shook()
        admitted.closed()
      }
    }
  }

  packet (id: Uuid, address: string | undefined): boolean {
    return this.#inner.packet(id, address)
  }
}

function counting (duplex: Duplex, count: (bytes: number) => void): Duplex {
  const source = async function * (): AsyncGenerator<Uint8Array> {
    for await (const bytes of duplex.source) {
      count(bytes.byteLength)
      yield bytes
    }
  }
  return { source: source(), sink: chunks => duplex.sink(chunks), close: () => duplex.close(), abort: reason => { duplex.abort(reason) } }
}

/** Starts a relay on loopback, whose accounts and mail are in memory. */
export async function relay ({ limits, admission: rates }: SoakRelayOptions): Promise<SoakRelay> {
  const identity = createIdentity()
  const unhandled: string[] = []
  process.on('unhandledRejection', error => { unhandled.push(error instanceof Error ? error.stack ?? error.message : String(error)) })
  const admission = rates === undefined ? undefined : rateAdmission(rates)
  const counted = admission === undefined ? undefined : new Counted(admission)
  const events: Record<string, number> = {}
  const codes: Record<string, number> = {}
  const onEvent = (event: RelayEvent): void => {
    events[event.type] = (events[event.type] ?? 0) + 1
    if (event.type !== 'refused' && event.type !== 'disconnected' || event.error === undefined) return
    const { code = event.error.name } = event.error as { code?: string }
    codes[code] = (codes[code] ?? 0) + 1
  }
  // the door is the command's
  const admit = admission === undefined ? undefined : (remote: { host: string }) => admission.enter(remote.host)
  const server = await startRelay({ identity, tcp: { port: 0, admit }, limits, admission: counted, onEvent })
  return {
    ...probes,
    place: async () => ({ port: server.tcp?.port ?? 0, proof: identity.publicKey }),
    read: async id => counted?.read.get(uuidKey(id)) ?? 0,
    state: async () => ({
      connections: server.connections,
      handles: process.getActiveResourcesInfo().filter(kind => kind !== 'PipeWrap').sort(),
      events,
      codes,
      mostPending: counted?.mostPending ?? {},
      unhandled
    })
  }
}
