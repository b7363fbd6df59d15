import { fromHex, toHex } from '../../../bytes/index.js'
import { lookOf } from '../../../chat/index.js'
import { storeKey, type Store } from '../../../store/index.js'
import { Changes } from './changes.js'
import { listJson, setJson } from './json.js'
import { APP_LIMITS } from './limits.js'
import { plainName } from './words.js'

const PREFIX = 'page/person/'
/** Digits of an id that stand beside a name. */
const ID_DIGITS = 8
/** The look of a name that ends like one of ours with its digits: 1 looks like l, and 0 like o. */
const WITH_DIGITS = /[2-9a-flo]{8}\)?$/

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
  /** Names as they are shown, until one of them changes. */
  #shown: ReadonlyMap<string, string> | undefined

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

  /** Somebody's name as it is shown: no two of those we know have names that look alike. */
  nameOf (peer: string): string {
    this.#shown ??= this.#tellApart()
    return this.#shown.get(peer) ?? this.calledOf(peer)
  }

  /** What somebody is called, by us or by themselves; others may be called the same. */
  calledOf (peer: string): string {
    return this.#called(peer) ?? `Somebody ${peer.slice(0, ID_DIGITS)}`
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
    this.#shown = undefined
    await this.#store.write(transaction => { setJson(transaction, storeKey(PREFIX, fromHex(peer)), person) })
    this.changes.tell(peer)
  }

  /** @throws what the store does (as rejections) */
  async forget (peer: string): Promise<void> {
    this.#people.delete(peer)
    this.#shown = undefined
    this.online.delete(peer)
    await this.#store.write(transaction => { transaction.delete(storeKey(PREFIX, fromHex(peer))) })
    this.changes.tell(undefined)
  }

  #called (peer: string): string | undefined {
    const { given = '', own = '' } = this.#people.get(peer) ?? {}
    return [given, own].find(name => lookOf(name) !== '')
  }

  /** Names with digits of the id where that is needed. Whoever has a name of ours keeps it; who calls themselves so too, has digits. */
  #tellApart (): Map<string, string> {
    const alike = new Map<string, string[]>()
    for (const peer of this.#people.keys()) {
      const look = lookOf(this.#called(peer) ?? '')
      if (look === '') continue
      alike.set(look, [...alike.get(look) ?? [], peer])
    }
    const shown = new Map<string, string>()
    for (const [look, peers] of alike) {
      const ours = peers.filter(peer => lookOf(this.#people.get(peer)?.given ?? '') !== '')
      const alone = ours.length === 1 ? ours[0] : peers.length === 1 && !WITH_DIGITS.test(look) ? peers[0] : undefined
      for (const peer of peers) shown.set(peer, peer === alone ? this.calledOf(peer) : `${this.calledOf(peer)} (${digitsOf(peer, peers)})`)
    }
    return shown
  }
}

/** Digits of an id that no other of these begins with. */
function digitsOf (peer: string, peers: readonly string[]): string {
  const digits = peer.slice(0, ID_DIGITS)
  return peers.some(other => other !== peer && other.startsWith(digits)) ? peer : digits
}
