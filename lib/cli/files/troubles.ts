import { uuidKey, type Uuid } from '../../bytes/index.js'

/** Contacts that are remembered; only they reach us, so there are seldom more. */
const MAX_REMEMBERED = 1024

/** Transfers of contacts that came to nothing, since one came whole. */
export class Troubles {
  readonly #counts = new Map<string, { readonly id: Uuid, count: number }>()

  /** Whether there was one of this contact. */
  has (id: Uuid): boolean { return this.#counts.has(uuidKey(id)) }

  /** One more. @returns whether it is the first of this contact; false when no more contacts are remembered */
  first (id: Uuid): boolean {
    const known = this.#counts.get(uuidKey(id))
    if (known !== undefined) known.count++
    else if (this.#counts.size < MAX_REMEMBERED) this.#counts.set(uuidKey(id), { id, count: 1 })
    else return false
    return known === undefined
  }

  /** One came whole. @returns how many came to nothing behind the first; undefined when there was none */
  over (id: Uuid): number | undefined {
    const count = this.#counts.get(uuidKey(id))?.count
    this.#counts.delete(uuidKey(id))
    return count === undefined ? undefined : count - 1
  }

  /** Of whom there were how many behind the first. */
  rest (): Array<readonly [id: Uuid, more: number]> {
    return [...this.#counts.values()].map(({ id, count }) => [id, count - 1])
  }
}
