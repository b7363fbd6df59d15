import { uuidKey, type Uuid } from '../bytes/index.js'

/** Warnings that are remembered; only contacts reach us, so there are seldom more. */
const MAX_TOLD = 1024

/** What was told about whom, so that nobody makes a command tell it without end. */
export class Told {
  readonly #told = new Set<string>()

  /** @returns true the first time for this contact and matter, and false when so much was told that no more is remembered */
  first (id: Uuid, matter: string): boolean {
    const key = `${matter} ${uuidKey(id)}`
    if (this.#told.has(key) || this.#told.size >= MAX_TOLD) return false
    this.#told.add(key)
    return true
  }
}
