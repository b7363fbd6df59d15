/** Mail by any order of sending, reading, taking, breaking connections and restarts, against what it should come to. */
import test from 'ava'
import fc from 'fast-check'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createIdentity, type Identity } from '../../lib/nova/index.js'
import { memoryStore, type Store } from '../../lib/store/index.js'
import { openSqliteStore } from '../../lib/store/sqlite/index.js'
import { member, nextOf, type RawClient } from './raw.js'
import { serve, type Server } from './server-support.js'

type Step = readonly ['send', number] | readonly ['read', number] | readonly ['take', number] | readonly ['break'] | readonly ['restart']

const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(
  fc.tuple(fc.constant('send' as const), fc.nat(11)),
  fc.tuple(fc.constant('send' as const), fc.nat(11)),
  fc.tuple(fc.constant('read' as const), fc.integer({ min: 1, max: 4 })),
  fc.tuple(fc.constant('take' as const), fc.nat(5)),
  fc.constant(['break'] as const),
  fc.constant(['restart'] as const)
), { maxLength: 25 })

/** A relay with a sender and a recipient, and what should be in the box. */
class Model {
  readonly #store: Store
  readonly #relay = createIdentity()
  readonly #alice = createIdentity()
  readonly #bob = createIdentity()
  #server: Server | undefined
  #sender: RawClient | undefined
  readonly #sent = new Set<number>()
  /** Mail that is there, with its position once that is known. */
  #waiting: Array<{ readonly number: number, position: bigint | undefined }> = []

  constructor (store: Store) {
    this.#store = store
  }

  async run (steps: readonly Step[]): Promise<void> {
    await this.#join(this.#bob)
    for (const [what, number = 0] of steps) {
      if (what === 'send') await this.#send(number)
      else if (what === 'read') await this.#read(number)
      else if (what === 'take') await this.#take(number)
      else if (what === 'break') this.#sender?.link.abort()
      else await this.end()
      if (what === 'break') this.#sender = undefined
    }
    await this.#read(2)
    await this.end()
  }

  async end (): Promise<void> {
    this.#server?.relay.abort()
    await this.#server?.relay.closed
    this.#server = undefined
    this.#sender = undefined
  }

  async #join (identity: Identity): Promise<RawClient> {
    this.#server ??= await serve({ store: this.#store, identity: this.#relay })
    return member(this.#server, { identity })
  }

  async #send (number: number): Promise<void> {
    this.#sender ??= await this.#join(this.#alice)
    const id = new Uint8Array(16).fill(number + 1)
    const duplicate = await this.#sender.mail(this.#bob.id, Uint8Array.of(number), { id })
    if (duplicate !== this.#sent.has(number)) throw new Error(`${number} is ${duplicate ? '' : 'no '}duplicate`)
    if (!duplicate) this.#waiting.push({ number, position: undefined })
    this.#sent.add(number)
  }

  /** All that waits, some at a time, without taking it. */
  async #read (some: number): Promise<void> {
    const reader = await this.#join(this.#bob)
    let after = 0n
    for (let at = 0; at < this.#waiting.length; at += some) {
      await reader.receive(after, some)
      for (const mail of this.#waiting.slice(at, at + some)) {
        const { position, body } = await nextOf(reader.deliveries)
        if (body[0] !== mail.number || position <= after) throw new Error(`${body[0]} at ${position} instead of ${mail.number}`)
        if (mail.position !== undefined && mail.position !== position) throw new Error('it has moved')
        mail.position = position
        after = position
      }
    }
    reader.link.abort()
  }

  async #take (at: number): Promise<void> {
    const mail = this.#waiting[at]
    if (mail?.position === undefined) return
    const reader = await this.#join(this.#bob)
    await reader.taken(mail.position)
    this.#waiting = this.#waiting.filter(other => other !== mail)
    reader.link.abort()
  }
}

test('in memory', async t => {
  await fc.assert(fc.asyncProperty(steps, async steps => {
    const store = memoryStore()
    await new Model(store).run(steps)
    await store.close()
  }), { numRuns: 30 })
  t.pass()
})

test('on disk', async t => {
  await fc.assert(fc.asyncProperty(steps, async steps => {
    const folder = await mkdtemp(join(tmpdir(), 'hushwire-'))
    const store = await openSqliteStore({ folder, onReport: report => { t.fail(report.type) } })
    try {
      await new Model(store).run(steps)
    } finally {
      await store.close()
      await rm(folder, { recursive: true })
    }
  }), { numRuns: 5 })
  t.pass()
})
