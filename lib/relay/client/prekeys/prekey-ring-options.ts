import type { AgreementKey } from '../../../crypto/index.js'
import type { OpenOptions } from '../../../nova/index.js'
import type { OpenedMail, OpenMailEnvelope, PublicPrekey } from '../../../nova/mail/index.js'
import type { StoreTransaction } from '../../../store/index.js'
import type { Bytes, LimitsOf } from '../../../stream/index.js'

/** The limits of a ring of prekeys and their defaults. */
export const PREKEY_RING_LIMITS = {
  /** One-time prekeys that should wait at the relay. */
  oneTime: 100,
  /** One-time prekeys that are kept, those that were handed out and never used among them; beyond, the oldest are forgotten. At least twice `oneTime`. */
  maxOneTime: 10_000,
  /** Milliseconds after which the prekey of last resort is renewed. */
  renewAfter: 604_800_000,
  /** Milliseconds for which one that was renewed still opens mail. The relay keeps mail as long. */
  keepFor: 2_592_000_000,
  /** Messages that are opened under one prekey of last resort; it is renewed at half of them, so that what is under way has room. */
  maxOpened: 100_000,
  /** Prekeys of last resort that are kept; beyond, the oldest are forgotten. */
  maxLastResorts: 32
} as const

/** Limits of a ring of prekeys; {@link PREKEY_RING_LIMITS} has the defaults. */
export type PrekeyRingLimits = LimitsOf<typeof PREKEY_RING_LIMITS>

/** Options of {@link openPrekeyRing}. */
export interface PrekeyRingOptions {
  readonly limits?: PrekeyRingLimits | undefined
  /** Milliseconds since 1970, the wall clock by default. */
  readonly now?: (() => number) | undefined
}

/** What is asked of a relay by the operation `publish`. */
export interface Publication {
  /** Drops the one-time prekeys that wait at the relay first. */
  readonly replace: boolean
  readonly oneTime: PublicPrekey[]
  /** None or one. */
  readonly lastResort: PublicPrekey[]
  /** How many of `oneTime` were made for this; the others were stored before, and the relay has not said yes to them. */
  readonly made: number
}

/** What became of a prekey. */
export interface UsedPrekey {
  /** True when it was a one-time prekey, which is gone; false for one of last resort, which is kept. */
  readonly oneTime: boolean
  /** True when the prekey of last resort is due to be renewed for all that was opened under it: ask {@link PrekeyRing.missing}. */
  readonly renew: boolean
}

/** The private prekeys of one identity. */
export interface PrekeyRing {
  /**
   * What the relay is to be sent by `publish`, all of it stored before. To be asked after every hello, and again with the
   * count of each answer to a publication until nothing is missing; and now and then on a connection that lasts, since the
   * last resort gets old. It also forgets what has run out.
   *
   * @param waiting - one-time prekeys that wait at the relay, as it has just said
   * @param lastResort - the name of the last resort that the relay has, 8 bytes, zeros for none
   * @param maxPrekeys - one-time prekeys that the relay takes
   * @param mostMade - one-time prekeys that are made for that; fewer may be missing than are published then
   * @returns undefined when nothing is missing; `replace` is true when the private halves of what the relay has are lost
   * @throws ERR_CRYPTO_DESTROYED when the identity was, and what the store does (as rejections)
   */
  missing(waiting: number, lastResort: Uint8Array, maxPrekeys?: number, mostMade?: number): Promise<Publication | undefined>
  /** Notes that the relay has said yes to a publication. One that was not noted is sent again, and does no harm. @throws what the store does (as rejections) */
  published(publication: Pick<Publication, 'oneTime' | 'lastResort'>): Promise<void>
  /** The private half of a prekey, the caller's to destroy, or undefined when it is not held. @throws what the store does (as rejections) */
  find(prekeyId: Uint8Array): Promise<AgreementKey | undefined>
  /**
   * Opens mail under these prekeys, see `openMail`, and refuses what was opened before. The prekey is not used up by that:
   * before its content is delivered, `used` is called in the transaction that writes down that it was taken.
   *
   * @throws what `openMail` does, ERR_PREKEY_RING_REPLAYED, and what the store does (as rejections)
   */
  open(source: AsyncIterable<Bytes>, envelope: Pick<OpenMailEnvelope, 'from' | 'kind'>, options?: OpenOptions): Promise<OpenedMail>
  /**
   * Uses a prekey up, in a transaction of the ring's store: a one-time prekey is deleted, under one of last resort the mark is noted.
   * When it throws, the message is not to be delivered, and nothing was written by it.
   *
   * @param mark - of the mail, as `openMail` gives it
   * @throws ERR_PREKEY_RING_REPLAYED, ERR_PREKEY_RING_USED, ERR_PREKEY_RING_FULL, and what the transaction does
   */
  used(transaction: StoreTransaction, prekeyId: Uint8Array, mark: Uint8Array): UsedPrekey
}
