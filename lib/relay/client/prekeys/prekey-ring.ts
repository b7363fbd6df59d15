import { crypto, wipe, type AgreementKey } from '../../../crypto/index.js'
import type { Identity, OpenOptions } from '../../../nova/index.js'
import { createPrekey, exportPrekey, importPrekey, openMail, type OpenedMail, type OpenMailEnvelope, type Prekey, type PublicPrekey } from '../../../nova/mail/index.js'
import { migrate, type Migration, type Store, type StoreTransaction } from '../../../store/index.js'
import { checkOptionsObject, ignore, leave, limitsOf, nextTurn, type Bytes, type HushwireError } from '../../../stream/index.js'
import { checkRing } from '../check.js'
import { PREKEY_RING_LIMITS, type PrekeyRing, type PrekeyRingOptions, type Publication, type UsedPrekey } from './prekey-ring-options.js'
import { prekeyRingError } from './prekey-ring-errors.js'
import { PrekeyRecords, wipeRecords, type LastResortRecord, type Named, type OneTimeRecord } from './prekey-records.js'

/** From one version of the records to the next. */
const MIGRATIONS: readonly Migration[] = []
/** Prekeys in one request, which has room for 600. */
const MOST_AT_ONCE = 500
/** Prekeys that are made before others have a turn: on the portable backend each takes some milliseconds. */
const MADE_AT_ONCE = 8

/**
 * The private prekeys of an identity in a store, in the clear as the store keeps them. One store has one ring of an
 * identity at a time. A prekey that was used is deleted from the store; what the disk remembers of it is the disk's.
 *
 * @param identity - stays the caller's
 * @throws ERR_RELAY_OPTION, ERR_ARGUMENT, ERR_LIMIT_OPTION, ERR_STORE_VERSION, and what the store does (as rejections)
 * @example
 * ```ts
 * import { createIdentity } from 'hushwire/nova'
 * import { openPrekeyRing } from 'hushwire/relay'
 * import { memoryStore } from 'hushwire/store'
 *
 * const store = memoryStore()
 * const ring = await openPrekeyRing(store, createIdentity())
 * const publication = await ring.missing(0, new Uint8Array(8))
 * console.log(publication?.oneTime.length) // 100
 * ```
 */
export async function openPrekeyRing (store: Store, identity: Identity, options: PrekeyRingOptions = {}): Promise<PrekeyRing> {
  checkOptionsObject(options)
  checkRing(store, identity)
  const limits = limitsOf(PREKEY_RING_LIMITS, options.limits)
  await migrate(store, 'prekeys', MIGRATIONS)
  return new StoredPrekeyRing(store, identity, limits, options.now ?? Date.now)
}

/** What is held, in the order in which it was made. */
interface Held {
  readonly oneTime: ReadonlyArray<Named<OneTimeRecord>>
  readonly lastResorts: ReadonlyArray<Named<LastResortRecord>>
}

class StoredPrekeyRing implements PrekeyRing {
  readonly #store: Store
  readonly #identity: Identity
  readonly #limits: Readonly<Record<keyof typeof PREKEY_RING_LIMITS, number>>
  readonly #now: () => number
  readonly #records: PrekeyRecords
  /** One-time prekeys used since the ring was opened, or more: what the relay said may be from before. */
  #used = 0
  /** Questions for what is missing go one after another, so that two do not make twice as much. */
  #asked: Promise<unknown> = Promise.resolve()

  constructor (store: Store, identity: Identity, limits: Readonly<Record<keyof typeof PREKEY_RING_LIMITS, number>>, now: () => number) {
    this.#store = store
    this.#identity = identity
    this.#limits = limits
    this.#now = now
    this.#records = new PrekeyRecords(identity.id)
  }

  missing (waiting: number, lastResort: Uint8Array, maxPrekeys = Infinity, mostMade = Infinity): Promise<Publication | undefined> {
    const answer = this.#asked.then(() => this.#missing(waiting, lastResort, maxPrekeys, mostMade))
    this.#asked = answer.catch(ignore)
    return answer
  }

  async published ({ oneTime, lastResort }: Pick<Publication, 'oneTime' | 'lastResort'>): Promise<void> {
    const now = BigInt(this.#time())
    await this.#store.write(transaction => {
      for (const { id } of oneTime) {
        const record = this.#records.oneTime(transaction, id)
        if (record !== undefined) this.#records.setOneTime(transaction, id, { ...record, published: true })
        wipeRecords(record)
      }
      const [last] = lastResort
      if (last === undefined) return
      for (const { id, record } of this.#records.allLastResorts(transaction)) {
        if (crypto.equal(id, last.id)) this.#records.setLastResort(transaction, id, { ...record, published: true })
        else if (record.retired === 0n) this.#records.setLastResort(transaction, id, { ...record, retired: now })
        wipeRecords(record)
      }
    })
  }

  async find (prekeyId: Uint8Array): Promise<AgreementKey | undefined> {
    const id = new Uint8Array(prekeyId)
    const record = await this.#store.read(view => this.#records.oneTime(view, id) ?? this.#records.lastResort(view, id))
    if (record === undefined) return undefined
    try {
      return 'retired' in record && this.#expired(record) ? undefined : importPrekey(record.stored).keyPair
    } finally {
      wipeRecords(record)
    }
  }

  async open (source: AsyncIterable<Bytes>, { from, kind }: Pick<OpenMailEnvelope, 'from' | 'kind'>, options: OpenOptions = {}): Promise<OpenedMail> {
    let key: AgreementKey | undefined
    const keys = async (prekeyId: Uint8Array): Promise<AgreementKey | undefined> => {
      key = await this.find(prekeyId)
      return key
    }
    try {
      const mail = await openMail(source, { keys, self: this.#identity.id, from, kind }, options)
      await this.#checkNew(mail)
      return mail
    } finally {
      key?.destroy()
    }
  }

  used (transaction: StoreTransaction, prekeyId: Uint8Array, mark: Uint8Array): UsedPrekey {
    if (this.#records.hasOneTime(transaction, prekeyId)) {
      this.#records.deleteOneTime(transaction, prekeyId)
      this.#used++
      return { oneTime: true, renew: false }
    }
    const record = this.#records.lastResort(transaction, prekeyId)
    try {
      return { oneTime: false, renew: this.#mark(transaction, prekeyId, mark, record) }
    } finally {
      wipeRecords(record)
    }
  }

  /** Notes mail under a last resort. @returns whether that is due to be renewed for it */
  #mark (transaction: StoreTransaction, prekeyId: Uint8Array, mark: Uint8Array, record: LastResortRecord | undefined): boolean {
    if (record === undefined || this.#expired(record)) throw prekeyRingError('ERR_PREKEY_RING_USED')
    if (this.#records.marked(transaction, prekeyId, mark)) throw prekeyRingError('ERR_PREKEY_RING_REPLAYED')
    if (record.opened >= this.#limits.maxOpened) throw this.#full()
    const after = { ...record, opened: record.opened + 1 }
    this.#records.mark(transaction, prekeyId, mark)
    this.#records.setLastResort(transaction, prekeyId, after)
    return record.retired === 0n && this.#due(after)
  }

  /** Lets go of mail that was opened before, and of mail that there is no room to remember: it could be opened again and again. */
  async #checkNew ({ prekeyId, mark, message }: OpenedMail): Promise<void> {
    try {
      const { known, opened } = await this.#store.read(view => {
        const record = this.#records.lastResort(view, prekeyId)
        wipeRecords(record)
        return { known: this.#records.marked(view, prekeyId, mark), opened: record?.opened ?? 0 }
      })
      if (known) throw prekeyRingError('ERR_PREKEY_RING_REPLAYED')
      if (opened >= this.#limits.maxOpened) throw this.#full()
    } catch (error) {
      leave(message)
      throw error
    }
  }

  #full (): HushwireError { return prekeyRingError('ERR_PREKEY_RING_FULL', `${this.#limits.maxOpened}`) }

  async #missing (waiting: number, lastResort: Uint8Array, maxPrekeys: number, mostMade: number): Promise<Publication | undefined> {
    const held = await this.#store.read((view): Held => ({ oneTime: this.#records.allOneTime(view), lastResorts: this.#records.allLastResorts(view) }))
    try {
      return await this.#publication(held, waiting, lastResort, maxPrekeys, mostMade)
    } finally {
      wipeRecords(...held.oneTime.map(({ record }) => record), ...held.lastResorts.map(({ record }) => record))
    }
  }

  async #publication (held: Held, waiting: number, lastResort: Uint8Array, maxPrekeys: number, mostMade: number): Promise<Publication | undefined> {
    const replace = this.#lost(held, waiting, lastResort)
    const room = Math.max(0, Math.min(Math.min(this.#limits.oneTime, maxPrekeys) - (replace ? 0 : waiting), MOST_AT_ONCE))
    const kept = held.oneTime.filter(({ record }) => !record.published).slice(0, room)
    const current = held.lastResorts.findLast(({ record }) => record.retired === 0n && !this.#due(record))
    const made = await this.#make(Math.min(room - kept.length, mostMade))
    const [renewed] = await this.#make(current === undefined ? 1 : 0)
    await this.#keep(held, made, renewed)
    await this.#sweep()
    const oneTime = [...kept.map(({ record }) => publicOf(record)), ...made.map(shown)]
    const atRelay = current?.record.published === true && crypto.equal(current.id, lastResort)
    const last = renewed !== undefined ? [shown(renewed)] : current === undefined || atRelay && !replace ? [] : [publicOf(current.record)]
    return replace || oneTime.length > 0 || last.length > 0 ? { replace, oneTime, lastResort: last, made: made.length } : undefined
  }

  /** Whether the relay hands out prekeys whose private halves are not here. */
  #lost ({ oneTime, lastResorts }: Held, waiting: number, lastResort: Uint8Array): boolean {
    const known = lastResort.every(byte => byte === 0) || lastResorts.some(({ id }) => crypto.equal(id, lastResort))
    return !known || waiting > oneTime.length + this.#used
  }

  async #make (count: number): Promise<Prekey[]> {
    const made: Prekey[] = []
    while (made.length < count) {
      made.push(createPrekey(this.#identity))
      if (made.length % MADE_AT_ONCE === 0) await nextTurn()
    }
    return made
  }

  /** Stores what was made, and forgets what has run out. */
  async #keep ({ oneTime, lastResorts }: Held, made: readonly Prekey[], renewed: Prekey | undefined): Promise<void> {
    const most = Math.max(this.#limits.maxOneTime, 2 * this.#limits.oneTime)
    const old = oneTime.filter(({ record }) => record.published).slice(0, Math.max(0, oneTime.length + made.length - most))
    const past = lastResorts.filter(({ record }) => record.retired > 0n)
    const over = lastResorts.length + (renewed === undefined ? 0 : 1) - this.#limits.maxLastResorts
    const out = past.filter(({ record }, index) => index < over || this.#expired(record))
    if (made.length + old.length + out.length === 0 && renewed === undefined) return
    const first = (oneTime.at(-1)?.record.sequence ?? 0n) + 1n
    const secrets = made.map(exportPrekey)
    const secret = renewed === undefined ? undefined : exportPrekey(renewed)
    for (const { keyPair } of made) keyPair.destroy()
    renewed?.keyPair.destroy()
    const created = BigInt(this.#time())
    try {
      await this.#store.write(transaction => {
        for (const [index, { id }] of made.entries()) this.#records.setOneTime(transaction, id, { stored: secrets[index] as Uint8Array, sequence: first + BigInt(index), published: false })
        if (renewed !== undefined && secret !== undefined) this.#records.setLastResort(transaction, renewed.id, { stored: secret, created, published: false, retired: 0n, opened: 0 })
        for (const { id } of old) this.#records.deleteOneTime(transaction, id)
        for (const { id } of out) this.#records.deleteLastResort(transaction, id)
      })
    } finally {
      wipe(...secrets, secret)
    }
  }

  /** Marks of prekeys that are gone, some at a time: there may be many. */
  async #sweep (): Promise<void> {
    const orphaned = (): Promise<Uint8Array | undefined> => this.#store.read(view => this.#records.orphaned(view))
    for (let id = await orphaned(); id !== undefined; id = await orphaned()) {
      const gone = id
      await this.#store.write(transaction => { this.#records.deleteMarks(transaction, gone) })
    }
  }

  /** Also where the clock was far ahead when it was made. */
  #due ({ created, opened }: LastResortRecord): boolean {
    return Math.abs(this.#time() - Number(created)) >= this.#limits.renewAfter || opened >= this.#limits.maxOpened / 2
  }

  #expired ({ retired }: LastResortRecord): boolean {
    return retired > 0n && this.#time() - Number(retired) >= this.#limits.keepFor
  }

  /** At least 1: 0 stands for never. */
  #time (): number {
    return Math.max(1, Math.floor(this.#now()))
  }
}

function shown ({ id, key, signature }: PublicPrekey): PublicPrekey {
  return { id, key, signature }
}

function publicOf ({ stored }: { readonly stored: Uint8Array }): PublicPrekey {
  const prekey = importPrekey(stored)
  prekey.keyPair.destroy()
  return shown(prekey)
}
