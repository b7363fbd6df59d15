import { identityFromSeed, type Identity } from '../../lib/nova/index.js'
import { startRelay, type Relay, type RelayLimits } from '../../lib/relay/server/index.js'
import type { Usage } from '../../lib/store/index.js'
import { Disk, type DiskStore } from './disk.js'
import type { Setting } from './setting.js'
import { nameOf } from './tracker.js'

/** The relay: one process after another over one disk. */
export class Host {
  readonly identity: Identity
  readonly disk: Disk
  relay: Relay | undefined
  /** What the mailbox counted last. */
  mail: Usage = { bytes: 0, messages: 0 }
  readonly #world: Setting
  readonly #limits: RelayLimits
  #store: DiskStore | undefined
  #busy = false

  constructor (world: Setting) {
    const random = world.random.fork()
    this.#world = world
    this.identity = identityFromSeed(new Uint8Array(32).fill(200))
    this.disk = new Disk(world.clock, random.fork())
    this.#limits = {
      helloTimeout: 4000,
      heartbeatInterval: 3000,
      heartbeatTimeout: 2000,
      slowTimeout: 2500,
      maxIdle: 3000,
      maxUntaken: random.int(1, 8),
      maxStoring: random.int(1, 8),
      maxToOne: random.int(8, 64),
      maxForwarding: random.int(32, 256),
      expireInterval: 60_000,
      drainTimeout: random.int(100, 3000),
      link: { handshakeTimeout: 3000, closeTimeout: 1000 },
      mailbox: { partBytes: random.pick([1000, 5000, 65_536]), ...random.chance(0.2) && { recipientMessages: random.int(3, 30) } }
    }
  }

  /** True while it is being started or ended. */
  get busy (): boolean { return this.#busy }

  /** Starts it, however often the disk fails. */
  async start (): Promise<void> {
    this.#busy = true
    for (;;) {
      const store = this.disk.open()
      try {
        this.relay = await startRelay({ identity: this.identity, store, limits: this.#limits, onEvent: event => { this.#world.event(event) } })
        this.#store = store
        break
      } catch (error) {
        this.#world.note(`the relay does not start: ${nameOf(error)}`)
        if (nameOf(error) !== 'ERR_STORE_SPACE') throw error
        await this.#world.clock.sleep(20)
      }
    }
    const { relay } = this
    this.#world.network.accept = duplex => { void this.#world.tracker.track('accept', relay.accept(duplex)) }
    this.#busy = false
    this.#world.note('the relay is up')
  }

  /** Looks what is in the mailbox. */
  async count (): Promise<void> {
    if (this.relay !== undefined) this.mail = await this.relay.mailbox.usage()
  }

  /** Ends it: killed, nothing more of it is written anywhere; or in the ways that it has itself. */
  async end (way: 'kill' | 'vanish' | 'abort' | 'close' | 'drain'): Promise<void> {
    const { relay } = this
    if (relay === undefined) return
    this.#busy = true
    this.relay = undefined
    const { network, note, tracker } = this.#world
    note(`the relay ends: ${way}`)
    if (way !== 'drain') network.accept = undefined
    const wires = [...network.wires]
    if (way === 'kill' || way === 'vanish') {
      for (const wire of wires) wire.freeze()
      this.#store?.kill()
    }
    if (way === 'close') await tracker.track('close of the relay', relay.close())
    else if (way === 'drain') await tracker.track('drain', relay.drain())
    else relay.abort()
    network.accept = undefined
    await tracker.track('closed of the relay', relay.closed)
    // the machine resets the connections of a process; of a machine that is gone, nobody hears
    if (way === 'kill') for (const wire of wires) wire.cut()
    this.#busy = false
    note('the relay is down')
  }
}
