import { checkUuid, uuidKey, type Uuid } from '../bytes/index.js'
import { ignore, leave, letGo, limitsOf, type Bytes } from '../stream/index.js'
import { storeError } from './errors.js'
import { checkedEnvelope, IncomingMail, type MailRoom } from './incoming-mail.js'
import type { Store, StoreTransaction } from './interface.js'
import { COUNTER_KEY, headerAt, mailKeys, removeMail, type MailHeader } from './mail-records.js'
import { MailReader } from './mail-reader.js'
import { MAILBOX_LIMITS, type Envelope, type Mail, type Mailbox, type MailboxLimits, type ReadOptions, type Usage } from './mailbox.js'
import { migrate, type Migration } from './migrate.js'
import { Numbers } from './numbers.js'
import { Quotas } from './quotas.js'
import { Senders } from './senders.js'

/** From one version of the records to the next. */
const MIGRATIONS: readonly Migration[] = []
/** Messages that are deleted in one transaction. */
const EXPIRE_AT_ONCE = 64
/** The largest value of a store. */
const MAX_PART = 1_048_576

type Limits = Readonly<Record<keyof typeof MAILBOX_LIMITS, number>>

/** Options of {@link openMailbox}. */
export interface MailboxOptions {
  readonly limits?: MailboxLimits | undefined
  /** Told of a message that was taken out because a part of it was damaged. What it throws is dropped. */
  readonly onDamaged?: ((mail: Omit<Mail, 'source'>) => void) | undefined
  /** The wall clock, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

/**
 * A mailbox in a store. It counts what is there, and clears away what unfinished messages of the last run left behind. One
 * store has one mailbox at a time.
 *
 * @throws ERR_LIMIT_OPTION, ERR_STORE_VERSION, and what the store does (as rejections)
 * @example
 * ```ts runnable
 * import { randomUuid } from 'hushwire/bytes'
 * import { memoryStore, openMailbox } from 'hushwire/store'
 *
 * async function * packet () { yield new TextEncoder().encode('sealed') }
 *
 * const mailbox = await openMailbox(memoryStore())
 * const [alice, bob] = [randomUuid(), randomUuid()]
 * const envelope = { id: randomUuid(), sender: alice, recipient: bob, kind: 1n }
 * console.log(await mailbox.put(envelope, packet())) // stored
 * console.log(await mailbox.put(envelope, packet())) // duplicate
 * for await (const mail of mailbox.read(bob)) {
 *   for await (const bytes of mail.source) console.log(new TextDecoder().decode(bytes)) // sealed
 *   await mailbox.acknowledge(bob, mail.position)
 * }
 * await mailbox.close()
 * ```
 */
export async function openMailbox (store: Store, options: MailboxOptions = {}): Promise<Mailbox> {
  const limits = limitsOf(MAILBOX_LIMITS, { ...options.limits, partBytes: Math.min(options.limits?.partBytes ?? MAILBOX_LIMITS.partBytes, MAX_PART) }, ['clockSkew'])
  await migrate(store, 'mail', MIGRATIONS)
  const mailbox = new StoredMailbox(store, limits, options)
  await mailbox.load()
  return mailbox
}

class StoredMailbox implements Mailbox {
  readonly limits: Limits
  readonly #store: Store
  readonly #onDamaged: MailboxOptions['onDamaged']
  readonly #now: () => number
  readonly #quotas: Quotas
  readonly #senders: Senders
  readonly #readers = new Map<string, Set<MailReader>>()
  readonly #puts = new Set<Promise<unknown>>()
  /** What else is being written that counts. */
  readonly #removals = new Set<Promise<unknown>>()
  /** Bodies without a header that could not be deleted yet. */
  readonly #leftBehind = new Set<number>()
  #room!: MailRoom
  /** The latest time that anything was stored. */
  #latest = 0
  #closed = false

  constructor (store: Store, limits: Limits, { onDamaged, now = Date.now }: MailboxOptions) {
    this.#store = store
    this.limits = limits
    this.#onDamaged = onDamaged
    this.#now = now
    this.#quotas = new Quotas(limits)
    this.#senders = new Senders(limits.dedupWindow, limits.dedupSenders)
  }

  async load (): Promise<void> {
    await this.#senders.load(this.#store)
    const { headers, bodies, highest } = await this.#store.read(view => {
      const headers: Array<readonly [recipient: Uuid, header: MailHeader]> = []
      let highest = 0
      for (const key of view.keys(mailKeys.headers)) {
        const header = headerAt(view, key)
        highest = Math.max(highest, mailKeys.positionIn(key))
        if (header !== undefined) headers.push([mailKeys.recipientIn(key), header])
      }
      const bodies = new Set<number>()
      for (const key of view.keys(mailKeys.parts)) bodies.add(mailKeys.bodyIn(key))
      for (const body of bodies) highest = Math.max(highest, body)
      return { headers, bodies, highest }
    })
    for (const [recipient, { sender, length, body, stored }] of headers) {
      this.#latest = Math.max(this.#latest, stored)
      this.#quotas.add({ sender, recipient }, length, 1)
      bodies.delete(body)
    }
    for (const body of bodies) await this.#clear(body)
    const numbers = await this.#store.write(transaction => new Numbers(transaction, COUNTER_KEY, highest + 1))
    this.#room = { store: this.#store, quotas: this.#quotas, numbers, limits: this.limits }
  }

  async put (envelope: Envelope, source: AsyncIterable<Bytes>): Promise<'stored' | 'duplicate'> {
    let putting: Promise<'stored' | 'duplicate'>
    try {
      if (this.#closed) throw storeError('ERR_STORE_CLOSED')
      const checked = checkedEnvelope(envelope)
      if (this.#puts.size >= this.limits.maxPuts) throw storeError('ERR_MAIL_BUSY')
      putting = this.#put(new IncomingMail(checked, this.#room), source)
    } catch (error) {
      leave(source)
      throw error
    }
    return during(this.#puts, putting)
  }

  read (recipient: Uuid, { after = 0, follow = false }: ReadOptions = {}): AsyncIterableIterator<Mail> {
    const to = new Uint8Array(checkUuid(recipient))
    const key = uuidKey(to)
    const readers = this.#readers.get(key) ?? new Set()
    const reader: MailReader = new MailReader({
      next: position => this.#next(to, position),
      release: () => {
        readers.delete(reader)
        if (readers.size === 0 && this.#readers.get(key) === readers) this.#readers.delete(key)
      }
    }, after, follow)
    if (this.#closed) reader.end()
    else if (follow) this.#readers.set(key, readers.add(reader))
    return reader
  }

  async acknowledge (recipient: Uuid, position: number): Promise<boolean> {
    const to = new Uint8Array(checkUuid(recipient))
    const header = await during(this.#removals, this.#store.write(transaction => removeMail(transaction, to, position)))
    if (header === undefined) return false
    this.#quotas.release({ sender: header.sender, recipient: to }, header.length, 1)
    return true
  }

  async expire (): Promise<number> {
    for (const body of this.#leftBehind) await this.#clear(body)
    for (let count = 0; ;) {
      const due = mailKeys.expiredAt(Math.max(-1, Math.floor(this.#now() - this.limits.clockSkew)))
      const { removed, looked } = await during(this.#removals, this.#store.write(transaction => {
        const removed: Array<readonly [recipient: Uuid, header: MailHeader]> = []
        let looked = 0
        for (const key of transaction.keys(due)) {
          const recipient = transaction.get(key)
          const header = recipient === undefined ? undefined : removeMail(transaction, recipient, mailKeys.positionIn(key))
          if (recipient !== undefined && header !== undefined) removed.push([recipient, header])
          transaction.delete(key)
          if (++looked === EXPIRE_AT_ONCE) break
        }
        return { removed, looked }
      }))
      for (const [recipient, { sender, length }] of removed) this.#quotas.release({ sender, recipient }, length, 1)
      count += removed.length
      if (looked < EXPIRE_AT_ONCE) return count
    }
  }

  async usage (recipient?: Uuid): Promise<Usage> {
    return recipient === undefined ? this.#quotas.total : this.#quotas.of(recipient)
  }

  async close (): Promise<void> {
    this.#closed = true
    for (const readers of this.#readers.values()) for (const reader of [...readers]) reader.end()
    await Promise.all([...this.#puts, ...this.#removals])
  }

  async #put (incoming: IncomingMail, source: AsyncIterable<Bytes>): Promise<'stored' | 'duplicate'> {
    const { id, sender, recipient } = incoming.envelope
    const iterator = source[Symbol.asyncIterator]()
    let outcome: 'stored' | 'duplicate' | undefined
    try {
      if (await this.#store.read(view => this.#senders.seen(view, sender, id))) outcome = 'duplicate'
      else outcome = await this.#take(incoming, iterator)
      return outcome
    } finally {
      if (outcome === 'stored') {
        this.#senders.note(sender)
        for (const reader of this.#readers.get(uuidKey(recipient)) ?? []) reader.wake()
      } else {
        letGo(iterator)
        incoming.discount()
        if (incoming.body !== undefined) await this.#clear(incoming.body)
      }
    }
  }

  async #take (incoming: IncomingMail, iterator: AsyncIterator<Bytes>): Promise<'stored' | 'duplicate'> {
    await incoming.take(iterator)
    return this.#store.write(transaction => this.#finish(transaction, incoming))
  }

  /** The message becomes one, with its last part: on disk at once, or not at all. */
  #finish (transaction: StoreTransaction, incoming: IncomingMail): 'stored' | 'duplicate' {
    const { id, sender, lifetime } = incoming.envelope
    // it may have come by another connection meanwhile
    if (this.#senders.seen(transaction, sender, id)) return 'duplicate'
    // a clock that was set back must not let it run out early when it is right again
    const stored = Math.max(this.#latest, Math.floor(this.#now()))
    this.#latest = stored
    const expires = stored + Math.min(Math.ceil(lifetime ?? Infinity), this.limits.maxLifetime)
    this.#senders.add(transaction, sender, id, incoming.finish(transaction, { stored, expires }))
    return 'stored'
  }

  /** Deletes parts that have no header; what cannot be deleted now is when things expire, or when the mailbox is opened again. */
  async #clear (body: number): Promise<void> {
    this.#leftBehind.add(body)
    await this.#store.write(transaction => {
      for (const key of transaction.keys(mailKeys.partsOf(body))) transaction.delete(key)
    }).then(() => { this.#leftBehind.delete(body) }, ignore)
  }

  async #next (recipient: Uuid, after: number): Promise<Mail | undefined> {
    const found = await this.#store.read(view => {
      const now = this.#now()
      for (const key of view.keys(mailKeys.headersAfter(recipient, after))) {
        const header = headerAt(view, key)
        if (header !== undefined && header.expires + this.limits.clockSkew >= now) return { header, position: mailKeys.positionIn(key) }
      }
      return undefined
    })
    if (found === undefined) return undefined
    const { header: { id, sender, kind, length, stored, body, parts }, position } = found
    const about = { position, id, sender, recipient, kind, length, stored }
    return { ...about, source: { [Symbol.asyncIterator]: () => this.#parts(about, body, parts) } }
  }

  async * #parts (mail: Omit<Mail, 'source'>, body: number, parts: number): AsyncGenerator<Uint8Array, void> {
    for (let index = 0; index < parts; index++) {
      const part = await this.#store.read(view => view.get(mailKeys.part(body, index)))
      if (part === undefined) throw await this.#missing(mail)
      yield part
    }
  }

  /** A part is not there: so is the message, or it is of no use any more. */
  async #missing (mail: Omit<Mail, 'source'>): Promise<Error> {
    if (!await this.acknowledge(mail.recipient, mail.position)) return storeError('ERR_MAIL_GONE')
    try {
      this.#onDamaged?.(mail)
    } catch {
      // the caller's own affair
    }
    return storeError('ERR_MAIL_DAMAGED')
  }
}

/** Keeps a promise in a set until it has settled. */
async function during<T> (set: Set<Promise<unknown>>, promise: Promise<T>): Promise<T> {
  const settled = promise.catch(ignore)
  set.add(settled)
  try {
    return await promise
  } finally {
    set.delete(settled)
  }
}
