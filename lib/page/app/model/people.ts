import { fromHex, toHex } from '../../../bytes/index.js'
import { storeKey, type Store } from '../../../store/index.js'
import { Changes } from './changes.js'
import { listJson, setJson } from './json.js'
import { APP_LIMITS } from './limits.js'
import { plainName } from './words.js'

const PREFIX = 'page/person/'

interface Person {
  /** What they call themselves. */
  readonly own?: string | undefined
  /** What we call them. */
  readonly given?: string | undefined
}

/** How contacts are called, and who of them is there. */
export class People {
  /** Somebody's name, or whether they are there; undefined: who there is. */
  readonly changes = new Changes<string | undefined>()
  readonly online = new Set<string>()
  readonly #store: Store
  readonly #people = new Map<string, Person>()

  private constructor (store: Store) {
    this.#store = store
  }

  /** @throws what the store does (as rejections) */
  static async load (store: Store): Promise<People> {
    const people = new People(store)
    for (const [key, value] of await store.read(view => listJson(view, storeKey(PREFIX)))) {
      if (value !== undefined) people.#people.set(toHex(key.subarray(PREFIX.length)), value as Person)
    }
    return people
  }

  nameOf (peer: string): string {
    const { given = '', own = '' } = this.#people.get(peer) ?? {}
    return given !== '' ? given : own !== '' ? own : `Somebody ${peer.slice(0, 8)}`
  }

  setOnline (peer: string, online: boolean): void {
    if (this.online.has(peer) === online) return
    if (online) this.online.add(peer)
    else this.online.delete(peer)
    this.changes.tell(peer)
  }

  /** @throws what the store does (as rejections) */
  async call (peer: string, names: Person): Promise<void> {
    const person = { ...this.#people.get(peer), ...Object.fromEntries(Object.entries(names).map(([which, name]) => [which, plainName(String(name), APP_LIMITS.maxName)])) }
    this.#people.set(peer, person)
    await this.#store.write(transaction => { setJson(transaction, storeKey(PREFIX, fromHex(peer)), person) })
    this.changes.tell(peer)
  }

  /** @throws what the store does (as rejections) */
  async forget (peer: string): Promise<void> {
    this.#people.delete(peer)
    this.online.delete(peer)
    await this.#store.write(transaction => { transaction.delete(storeKey(PREFIX, fromHex(peer))) })
    this.changes.tell(undefined)
  }
}
