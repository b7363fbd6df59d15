import { equalUuid, formatUuid, uuidKey, type Uuid } from '../bytes/index.js'
import { lookOf } from '../chat/index.js'
import type { Contact, Contacts } from '../relay/index.js'
import { keysUnder, storeKey, type Store } from '../store/index.js'
import { cliError } from './errors.js'
import { plainLine } from './terminal/plain-text.js'

const PREFIX = 'cli/name/'
const MAX_CHARACTERS = 64
/** The fewest characters of an id that stand for it. */
const MIN_PREFIX = 4
/** What stands by itself: marks alone would stand on what is before them. */
const SEEN = /[^\p{M}\s]/u
/** What could be taken for an id. */
const LIKE_AN_ID = /^[0-9a-f]{8}(-|$)/i

/** A contact with the name that we have for it. */
export interface NamedContact extends Contact {
  /** Safe to be shown; the id's beginning when there is none. */
  readonly name: string
}

/** Names of contacts, our own for them, in the store of the profile: what they call themselves is only the first proposal. */
export class Names {
  readonly #store: Store
  readonly #contacts: Pick<Contacts, 'list'>
  readonly #names = new Map<string, string>()

  private constructor (store: Store, contacts: Pick<Contacts, 'list'>) {
    this.#store = store
    this.#contacts = contacts
  }

  /** @throws what the store does (as rejections) */
  static async load (store: Store, contacts: Pick<Contacts, 'list'>): Promise<Names> {
    const names = new Names(store, contacts)
    const range = keysUnder(storeKey(PREFIX))
    await store.read(view => {
      names.#names.clear()
      for (const key of view.keys(range)) names.#names.set(uuidKey(key.slice(storeKey(PREFIX).byteLength)), new TextDecoder().decode(view.get(key)))
    })
    return names
  }

  /** What to call somebody on the screen: the name that we have, or the beginning of the id. */
  of (id: Uuid): string {
    return this.#names.get(uuidKey(id)) ?? formatUuid(id).slice(0, 8)
  }

  /** Whether we have a name for somebody. */
  has (id: Uuid): boolean { return this.#names.has(uuidKey(id)) }

  /** Everybody, by name. */
  list (): NamedContact[] {
    return this.#contacts.list()
      .map(contact => ({ ...contact, name: this.of(contact.id) }))
      .sort((one, other) => one.name.localeCompare(other.name))
  }

  /**
   * The contact that a text means: its name, its id, or the beginning of its id (4 characters or more) when no other begins so.
   *
   * @throws ERR_CLI_PEER, with who is known
   */
  resolve (text: string): NamedContact {
    const all = this.list()
    const alike = all.filter(({ id, name }) => this.has(id) && lookOf(name) === lookOf(text))
    const exact = alike.filter(({ name }) => name === text)
    const named = exact.length > 0 ? exact : alike
    const wanted = text.toLowerCase()
    const found = wanted.length < MIN_PREFIX ? [] : all.filter(({ id }) => formatUuid(id).startsWith(wanted))
    // somebody may call themselves like the beginning of another's id
    const [only, ...others] = new Set([...named, ...found])
    if (only !== undefined && others.length === 0) return only
    const known = all.length === 0 ? 'nobody is known yet' : `known are ${all.map(({ id, name }) => `${name} (${formatUuid(id).slice(0, 8)})`).join(', ')}`
    const asked = plainLine(text).trim()
    throw cliError('ERR_CLI_PEER', `${asked === '' ? 'an empty name' : asked}${others.length > 0 ? ' means several of them' : ''}; ${known}`)
  }

  /** Names somebody as we are told to. @returns the name as it is kept @throws ERR_CLI_NAME, also when somebody else has it, and what the store does (as rejections) */
  async set (id: Uuid, name: string): Promise<string> {
    const clean = cleanName(name)
    if (clean === undefined) throw cliError('ERR_CLI_NAME')
    if (this.#taken(clean, id)) throw cliError('ERR_CLI_NAME', `${clean} is another contact's`)
    await this.#keep(id, clean)
    return clean
  }

  /** Names somebody as they call themselves, when we have no name for them: with a number when somebody else has it. @returns the name that they have now */
  async propose (id: Uuid, name: string): Promise<string> {
    const clean = cleanName(Array.from(plainName(name)).slice(0, MAX_CHARACTERS).join(''))
    if (this.has(id) || clean === undefined) return this.of(id)
    let free = clean
    for (let number = 2; this.#taken(free, id); number++) free = numbered(clean, number)
    await this.#keep(id, free)
    return free
  }

  /** Forgets the name. @throws what the store does (as rejections) */
  async forget (id: Uuid): Promise<void> {
    await this.#store.write(transaction => { transaction.delete(storeKey(PREFIX, id)) })
    this.#names.delete(uuidKey(id))
  }

  #taken (name: string, id: Uuid): boolean {
    return this.list().some(other => !equalUuid(other.id, id) && lookOf(other.name) === lookOf(name))
  }

  async #keep (id: Uuid, name: string): Promise<void> {
    await this.#store.write(transaction => { transaction.set(storeKey(PREFIX, id), new TextEncoder().encode(name)) })
    this.#names.set(uuidKey(id), name)
  }
}

/** A name as it may be shown and typed, or undefined when nothing of it is left, it is too long or looks like an id. */
export function cleanName (text: string): string | undefined {
  const name = plainName(text)
  return !SEEN.test(lookOf(name)) || LIKE_AN_ID.test(name) || Array.from(name).length > MAX_CHARACTERS ? undefined : name
}

/** Cut, where both together would be too long. */
function numbered (name: string, number: number): string {
  const tail = `-${number}`
  return `${Array.from(name).slice(0, MAX_CHARACTERS - tail.length).join('').trimEnd()}${tail}`
}

function plainName (text: string): string {
  return plainLine(text.normalize('NFC')).replace(/\s+/g, ' ').trim()
}
