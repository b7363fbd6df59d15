import type { Connect, Driver } from './driver.js'

/**
 * The lock of a folder, an empty database in a transaction that never ends: it goes with the process, however that ends. It is
 * taken before any other file is looked at, as the database itself may have to be replaced.
 */
export class Lock {
  readonly #driver: Driver

  /** @throws what the driver does: SQLITE_BUSY when somebody else has it */
  constructor (connect: Connect, path: string) {
    this.#driver = connect(path)
    try {
      this.#driver.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      this.#driver.close()
      throw error
    }
  }

  release (): void {
    try {
      this.#driver.exec('ROLLBACK')
    } finally {
      this.#driver.close()
    }
  }
}
