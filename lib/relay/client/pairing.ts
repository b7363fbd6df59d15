import { crypto } from '../../crypto/index.js'
import { keysUnder, storeKey, type Store, type StoreTransaction, type StoreView } from '../../store/index.js'
import { clientError } from './errors.js'
import { TOKEN_BYTES } from './offer.js'

/** The limits of offers, and their defaults. */
export const PAIRING_LIMITS = {
  /** Offers that may be open at once. */
  maxOffers: 64
} as const

const PREFIX = 'relay/offer/'

/**
 * The offers that are open, by the SHA-256 of their tokens: looking one up takes a time that says nothing about the token.
 * They are kept in the store, since the answer may come when this process has been started anew.
 */
export class OpenOffers {
  readonly #store: Store
  readonly #maxOffers: number
  readonly #now: () => number

  constructor (store: Store, { maxOffers }: Readonly<Record<keyof typeof PAIRING_LIMITS, number>>, now: () => number = Date.now) {
    this.#store = store
    this.#maxOffers = maxOffers
    this.#now = now
  }

  /**
   * A new token, written down.
   *
   * @param lifetime - milliseconds by the wall clock
   * @throws ERR_OFFER_LIMIT, and what the store does (as rejections)
   */
  async add (lifetime: number): Promise<Uint8Array> {
    const token = crypto.randomBytes(TOKEN_BYTES)
    const until = this.#now() + lifetime
    await this.#store.write(transaction => {
      const open = [...transaction.keys(keysUnder(storeKey(PREFIX)))].filter(key => {
        if (this.#open(transaction, key)) return true
        transaction.delete(key)
        return false
      })
      if (open.length >= this.#maxOffers) throw clientError('ERR_OFFER_LIMIT', `${this.#maxOffers}`)
      transaction.set(keyOf(token), numberBytes(until))
    })
    return token
  }

  /** @throws ERR_OFFER_TOKEN unless it is the token of an open offer, and what the store does (as rejections) */
  async check (token: Uint8Array): Promise<void> {
    if (!await this.#store.read(view => token.byteLength === TOKEN_BYTES && this.#open(view, keyOf(token)))) throw clientError('ERR_OFFER_TOKEN')
  }

  /** Uses a token up, as part of a transaction. */
  use (transaction: StoreTransaction, token: Uint8Array): void {
    transaction.delete(keyOf(token))
  }

  #open (view: StoreView, key: Uint8Array): boolean {
    const until = view.get(key)
    return until?.byteLength === 8 && this.#now() < new DataView(until.buffer, until.byteOffset).getFloat64(0)
  }
}

function keyOf (token: Uint8Array): Uint8Array {
  return storeKey(PREFIX, crypto.sha256.digest(token))
}

function numberBytes (value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, value)
  return bytes
}
