import type { Uuid } from '../../../bytes/index.js'
import { crypto } from '../../../crypto/index.js'
import { keysUnder, storeKey, type Store, type StoreTransaction, type StoreView } from '../../../store/index.js'
import { join } from '../../../stream/index.js'
import { clientError } from '../errors.js'
import { TOKEN_BYTES } from './offer.js'

/** The limits of offers, and their defaults. */
export const OFFER_LIMITS = {
  /** Offers that may be open at once; so many that are used up or too late are remembered besides, and so many answers may be waited for. */
  maxOffers: 64,
  /** Milliseconds that `pair` waits for the answer of who offered. */
  pairTimeout: 30_000
} as const

const PREFIX = 'relay/offer/'
const UNTIL_BYTES = 8
/** Milliseconds for which an offer that is over is remembered, so that who comes too late can be told. */
const MEMORY = 86_400_000

/** What a token is worth: `again` is one that this very peer has used already, `over` one that another has, or that is too late. */
export type Worth = 'open' | 'again' | 'over' | 'unknown'

/** An offer as it is kept: until when it is good, and who has used it up. */
interface Kept {
  readonly until: number
  readonly by: Uint8Array
}

/**
 * The offers that were given out, by the SHA-256 of their tokens: looking one up takes a time that says nothing about the token.
 * They are kept in the store, since the answer may come when this process has been started anew.
 */
export class OpenOffers {
  readonly #store: Store
  readonly #maxOffers: number
  readonly #now: () => number

  constructor (store: Store, { maxOffers }: { readonly maxOffers: number }, now: () => number = Date.now) {
    this.#store = store
    this.#maxOffers = maxOffers
    this.#now = now
  }

  /**
   * A new token, written down.
   *
   * @param until - milliseconds since 1970
   * @throws ERR_OFFER_LIMIT, and what the store does (as rejections)
   */
  async add (until: number): Promise<Uint8Array> {
    const token = crypto.randomBytes(TOKEN_BYTES)
    await this.#store.write(transaction => {
      if (this.#tidy(transaction) >= this.#maxOffers) throw clientError('ERR_OFFER_LIMIT', `${this.#maxOffers}`)
      transaction.set(keyOf(token), encode({ until, by: new Uint8Array(0) }))
    })
    return token
  }

  /** What a token is worth in the hands of a peer. @throws what the store does (as a rejection) */
  async worth (token: Uint8Array, peer: Uuid): Promise<Worth> {
    const kept = token.byteLength === TOKEN_BYTES ? await this.#store.read(view => decode(view.get(keyOf(token)))) : undefined
    if (kept === undefined) return 'unknown'
    if (this.#open(kept)) return 'open'
    return kept.by.byteLength > 0 && crypto.equal(kept.by, peer) ? 'again' : 'over'
  }

  /** Uses a token up for a peer, as part of a transaction. */
  use (transaction: StoreTransaction, token: Uint8Array, peer: Uuid): void {
    const kept = decode(transaction.get(keyOf(token)))
    if (kept !== undefined) transaction.set(keyOf(token), encode({ ...kept, by: peer }))
  }

  /** Forgets what was over long ago, and the oldest of what is over where that is too many. Gives how many are open. */
  #tidy (transaction: StoreTransaction): number {
    const over: Array<{ key: Uint8Array, until: number }> = []
    let open = 0
    for (const { key, kept } of entries(transaction)) {
      if (this.#open(kept)) open++
      else over.push({ key, until: kept.until })
    }
    over.sort((one, other) => other.until - one.until)
    over.forEach(({ key, until }, at) => { if (at >= this.#maxOffers || this.#now() >= until + MEMORY) transaction.delete(key) })
    return open
  }

  #open ({ until, by }: Kept): boolean { return by.byteLength === 0 && this.#now() < until }
}

function entries (view: StoreView): Array<{ key: Uint8Array, kept: Kept }> {
  return [...view.keys(keysUnder(storeKey(PREFIX)))].map(key => ({ key, kept: decode(view.get(key)) ?? { until: -Infinity, by: new Uint8Array(0) } }))
}

function keyOf (token: Uint8Array): Uint8Array {
  return storeKey(PREFIX, crypto.sha256.digest(token))
}

/** Until f64 | who has used it up: 16 bytes, or none. */
function encode ({ until, by }: Kept): Uint8Array {
  const bytes = join([new Uint8Array(UNTIL_BYTES), by])
  new DataView(bytes.buffer, bytes.byteOffset).setFloat64(0, until)
  return bytes
}

function decode (bytes: Uint8Array | undefined): Kept | undefined {
  if (bytes === undefined || bytes.byteLength < UNTIL_BYTES) return undefined
  return { until: new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0), by: bytes.slice(UNTIL_BYTES) }
}
