import { storeError } from '../errors.js'
import type { Connect, Driver } from './driver.js'
import { isDamage } from './failures.js'
import { rollBack } from './schema.js'

/**
 * The lock of a folder, an empty database in a transaction that never ends: it goes with the process, however that ends. It is
 * taken before any other file is looked at, as the database itself may have to be replaced.
 */
export class Lock {
  readonly #driver: Driver

  /** @throws what the driver does: SQLITE_BUSY when somebody else has it; ERR_STORE_OPEN when the file is something else */
  constructor (connect: Connect, path: string) {
    this.#driver = connect(path)
    try {
      this.#driver.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      this.#driver.close()
      // nothing is lost with it, but who uses the store may hold it: it is not replaced here
      throw isDamage(error) ? storeError('ERR_STORE_OPEN', `${path} is no lock any more: delete it when nothing uses the store`, error) : error
    }
  }

  release (): void {
    rollBack(this.#driver)
    try {
      this.#driver.close()
    } catch {
      // it goes with the process then
    }
  }
}
