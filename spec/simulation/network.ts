import { ignore, type Duplex } from '../../lib/stream/index.js'
import { memoryPair, type Transport } from '../../lib/transport/memory.js'
import { transportError } from '../../lib/transport/errors.js'
import type { VirtualClock } from './clock.js'
import type { Random } from './random.js'

/** Which way bytes go. */
export type Direction = 'toRelay' | 'toClient'

const DIRECTIONS: readonly Direction[] = ['toRelay', 'toClient']

/** One direction of a wire: what passes, and what does not. */
class Lane {
  /** Bytes after which the connection is cut. */
  cutAfter = Infinity
  /** Bytes after which nothing passes for so many milliseconds, whatever becomes of who has sent it. */
  holdAfter = Infinity
  holdFor = 0
  passed = 0
  #frozen: { readonly promise: Promise<void>, readonly thaw: () => void } | undefined

  freeze (): void {
    if (this.#frozen !== undefined) return
    let thaw: () => void = ignore
    const promise = new Promise<void>(resolve => { thaw = resolve })
    this.#frozen = { promise, thaw }
  }

  thaw (): void {
    this.#frozen?.thaw()
    this.#frozen = undefined
  }

  get frozen (): boolean { return this.#frozen !== undefined }

  async open (): Promise<void> {
    while (this.#frozen !== undefined) await this.#frozen.promise
  }
}

/** A connection between a client and the relay, with all that can happen on the way. */
export class Wire {
  readonly owner: string
  readonly lanes: Readonly<Record<Direction, Lane>> = { toRelay: new Lane(), toClient: new Lane() }
  /** Resolves when nothing of it is left. */
  readonly gone: Promise<void>
  readonly #client: Transport
  readonly #relay: Transport
  readonly #network: Network

  constructor (network: Network, owner: string, client: Transport, relay: Transport) {
    this.owner = owner
    this.#network = network
    this.#client = client
    this.#relay = relay
    this.gone = Promise.all([this.#pass(client, relay, this.lanes.toRelay), this.#pass(relay, client, this.lanes.toClient)]).then(() => { network.wires.delete(this) })
    // both sides have found out by themselves: nobody is left to be fooled
    void Promise.all([client, relay].map(end => end.closed.catch(ignore))).then(() => { this.thaw() })
  }

  /** A reset, which both ends see; what is under way is lost. */
  cut (): void {
    this.thaw()
    for (const end of [this.#client, this.#relay]) end.abort(transportError('ERR_TRANSPORT_RESET'))
  }

  /** Nothing passes any more, no end and no reset either, until it thaws. */
  freeze (...directions: Direction[]): void {
    for (const direction of directions.length > 0 ? directions : DIRECTIONS) this.lanes[direction].freeze()
  }

  thaw (): void {
    for (const direction of DIRECTIONS) this.lanes[direction].thaw()
  }

  async #pass (from: Transport, to: Transport, lane: Lane): Promise<void> {
    try {
      await to.sink(this.#through(from, lane))
    } catch {
      // a side that has vanished is not seen to be gone
      await lane.open()
      for (const end of [from, to]) end.abort(transportError('ERR_TRANSPORT_RESET'))
    }
    await Promise.all([from, to].map(end => end.closed.catch(ignore)))
  }

  async * #through (from: Transport, lane: Lane): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const chunk of from.source) {
        await this.#network.delay()
        if (lane.passed + chunk.byteLength > lane.holdAfter) await this.#network.hold(lane)
        await lane.open()
        const left = lane.cutAfter - lane.passed
        lane.passed += chunk.byteLength
        yield chunk.subarray(0, Math.min(left, chunk.byteLength))
        if (chunk.byteLength >= left) throw transportError('ERR_TRANSPORT_RESET')
      }
    } finally {
      await lane.open()
    }
  }
}

/** How connections are made, and how they fail. */
export class Network {
  readonly wires = new Set<Wire>()
  /** False once nothing more goes wrong. */
  faulty = true
  /** Takes a connection, while the relay listens. */
  accept: ((duplex: Duplex) => void) | undefined
  readonly #clock: VirtualClock
  readonly #random: Random

  constructor (clock: VirtualClock, random: Random) {
    this.#clock = clock
    this.#random = random
  }

  async dial (owner: string): Promise<Duplex> {
    const random = this.#random
    if (random.chance(0.3)) await this.#clock.sleep(random.int(1, 40))
    if (this.accept === undefined) throw transportError('ERR_TRANSPORT_CLOSED', 'nobody listens')
    const buffer = random.pick([500, 4000, 65_536])
    const chunks = random.chance(0.3) ? { seed: random.int(0, 1e6), max: random.int(1, 1500) } : undefined
    const [client, near] = memoryPair({ buffer, chunks })
    const [far, relay] = memoryPair({ buffer, chunks })
    const wire = new Wire(this, owner, near, far)
    this.wires.add(wire)
    // most bytes of a short connection are its handshake's, about 600 either way
    if (this.faulty && random.chance(0.35)) wire.lanes[random.pick(DIRECTIONS)].cutAfter = random.chance(0.3) ? random.int(0, 900) : random.int(600, 20_000)
    if (this.faulty && random.chance(0.15)) Object.assign(wire.lanes[random.pick(DIRECTIONS)], { holdAfter: random.int(0, 1500), holdFor: random.int(10, 7000) })
    this.accept(relay)
    return client
  }

  /** What comes next is late, once. */
  async hold (lane: Lane): Promise<void> {
    lane.holdAfter = Infinity
    await this.#clock.sleep(lane.holdFor)
  }

  /** How long a chunk takes on its way. */
  async delay (): Promise<void> {
    if (this.faulty && this.#random.chance(0.04)) await this.#clock.sleep(this.#random.int(1, this.#random.chance(0.1) ? 300 : 15))
  }
}
