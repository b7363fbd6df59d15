import { memoryStore, type Store, type StoreTransaction, type StoreView } from '../../lib/store/index.js'
import { storeError } from '../../lib/store/errors.js'
import type { VirtualClock } from './clock.js'
import type { Random } from './random.js'

/** What outlives a process: records, and faults of the disk that they lie on. */
export class Disk {
  /** Writes that fail from now on, for want of space. */
  failing = 0
  readonly records = memoryStore()
  readonly clock: VirtualClock
  readonly random: Random

  constructor (clock: VirtualClock, random: Random) {
    this.clock = clock
    this.random = random
  }

  /** The store as one process has it. */
  open (): DiskStore { return new DiskStore(this) }
}

/** One process's store. Once that is killed, nothing more is written, whatever its code still tries. */
export class DiskStore implements Store {
  readonly quarantined = 0
  readonly #disk: Disk
  #last: Promise<unknown> = Promise.resolve()
  #dead = false

  constructor (disk: Disk) {
    this.#disk = disk
  }

  async read<T> (work: (view: StoreView) => T): Promise<T> {
    this.#check()
    return this.#disk.records.read(work)
  }

  write<T> (work: (transaction: StoreTransaction) => T): Promise<T> {
    const done = this.#last.then(() => this.#write(work))
    this.#last = done.catch(() => {})
    return done
  }

  /** The process is dead. */
  kill (): void { this.#dead = true }

  async close (): Promise<void> { this.#dead = true }

  async #write<T> (work: (transaction: StoreTransaction) => T): Promise<T> {
    this.#check()
    await this.#wait()
    this.#check()
    if (this.#disk.failing > 0) {
      this.#disk.failing--
      throw storeError('ERR_STORE_SPACE')
    }
    const result = await this.#disk.records.write(work)
    // killed here, it is on disk, and nobody was told
    await this.#wait()
    this.#check()
    return result
  }

  /** Most writes are over at once, some take their time. */
  async #wait (): Promise<void> {
    const { clock, random } = this.#disk
    if (random.chance(0.2)) await clock.sleep(random.int(1, random.chance(0.1) ? 80 : 6))
  }

  #check (): void {
    if (this.#dead) throw storeError('ERR_STORE_CLOSED')
  }
}
