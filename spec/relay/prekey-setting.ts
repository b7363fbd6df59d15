import { createIdentity, type Identity } from '../../lib/nova/index.js'
import { sealMail, verifyPrekey } from '../../lib/nova/mail/index.js'
import { openPrekeyRing } from '../../lib/relay/client/prekeys/prekey-ring.js'
import type { PrekeyRing, PrekeyRingOptions, Publication } from '../../lib/relay/client/prekeys/prekey-ring-options.js'
import type { WirePrekey } from '../../lib/relay/wire/index.js'
import { memoryStore, openDirectory, type Directory, type Store } from '../../lib/store/index.js'
import { codeOf } from '../nova/session/support.js'
import { collect } from '../zlib/support.js'

export const DAY = 86_400_000
export const NONE = new Uint8Array(8)
export const [alice, bob] = [createIdentity(), createIdentity()]
export const mark = (byte: number): Uint8Array => new Uint8Array(16).fill(byte)
export const idsOf = (prekeys: readonly WirePrekey[]): string[] => prekeys.map(({ id }) => Buffer.from(id).toString('hex'))

export function mailTo (prekey: WirePrekey, to: Identity = bob): AsyncIterable<Uint8Array> {
  const sealed = sealMail([Uint8Array.of(1, 2, 3)], { identity: alice, prekey: verifyPrekey(to.publicKey, prekey), route: { target: to.id, source: alice.id, kind: 4n } })
  return { async * [Symbol.asyncIterator] () { for await (const list of sealed) yield list.slice() } }
}

/** Bob's ring and what a relay would have of it. */
export class Setting {
  readonly store: Store
  readonly options: PrekeyRingOptions
  now = 1_800_000_000_000
  ring!: PrekeyRing
  directory!: Directory
  lastResort: Uint8Array = NONE

  constructor (options: PrekeyRingOptions = {}, store = memoryStore()) {
    this.store = store
    this.options = { now: () => this.now, ...options }
  }

  async open (): Promise<this> {
    this.ring = await openPrekeyRing(this.store, bob, this.options)
    if (this.directory as Directory | undefined === undefined) {
      this.directory = await openDirectory(memoryStore())
      const { id, publicKey, staticKey, proof } = bob
      await this.directory.register({ id, publicKey, staticKey: staticKey.publicKey, proof })
    }
    return this
  }

  async missing (): Promise<Publication | undefined> {
    return this.ring.missing(await this.directory.prekeys(bob.id), this.lastResort, 200)
  }

  /** What the relay does with a publication; there is no `replace` here. */
  async send ({ oneTime, lastResort: [last] }: Publication): Promise<void> {
    await this.directory.addPrekeys(bob.id, oneTime)
    if (last === undefined) return
    await this.directory.setLastResort(bob.id, last)
    this.lastResort = last.id
  }

  /** Publishes until nothing is missing. */
  async settle (): Promise<number> {
    let rounds = 0
    for (let publication = await this.missing(); publication !== undefined; publication = await this.missing()) {
      await this.send(publication)
      await this.ring.published(publication)
      if (++rounds > 20) throw new Error('something is always missing')
    }
    return rounds
  }

  async take (): Promise<WirePrekey> {
    return await this.directory.takePrekey(bob.id) as WirePrekey
  }

  async receive (prekey: WirePrekey): Promise<string> {
    return codeOf(this.ring.open(mailTo(prekey), { from: alice.id, kind: 4n }).then(async ({ prekeyId, mark, message }) => {
      await this.store.write(transaction => this.ring.used(transaction, prekeyId, mark))
      await collect(message)
    }))
  }
}
