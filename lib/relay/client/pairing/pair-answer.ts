import { equalUuid, type Uuid } from '../../../bytes/index.js'
import { crypto } from '../../../crypto/index.js'
import { deferred, join, type Deferred } from '../../../stream/index.js'
import { clientError } from '../errors.js'
import { TOKEN_BYTES, type Offer } from './offer.js'

/** What who offered says to who has sent a token. */
export interface PairAnswer {
  readonly token: Uint8Array
  /** Whether the sender of the token is a contact from now on. */
  readonly accepted: boolean
}

/** Bytes of an answer: token (16) | accepted bool. */
export const PAIR_ANSWER_BYTES = TOKEN_BYTES + 1

export function encodePairAnswer ({ token, accepted }: PairAnswer): Uint8Array {
  return join([token, Uint8Array.of(accepted ? 1 : 0)])
}

/** @throws ERR_OFFER_TOKEN for what is no answer */
export function decodePairAnswer (bytes: Uint8Array | undefined): PairAnswer {
  const said = bytes?.[TOKEN_BYTES]
  if (bytes?.byteLength !== PAIR_ANSWER_BYTES || said !== 0 && said !== 1) throw clientError('ERR_OFFER_TOKEN', 'the answer to an offer is none')
  return { token: bytes.slice(0, TOKEN_BYTES), accepted: said === 1 }
}

/** An answer that is waited for. */
interface Awaited extends Pick<Offer, 'id' | 'token'> {
  readonly accepted: Deferred<boolean>
}

/** The answers that calls of `pair` wait for. */
export class PairAnswers {
  readonly #max: number
  readonly #awaited = new Set<Awaited>()

  constructor (max: number) {
    this.#max = max
  }

  /**
   * Waits for the answer to an offer, until `leave` is called.
   *
   * @throws ERR_OFFER_LIMIT
   */
  wait ({ id, token }: Pick<Offer, 'id' | 'token'>): { accepted: Promise<boolean>, leave: () => void } {
    if (this.#awaited.size >= this.#max) throw clientError('ERR_OFFER_LIMIT', `${this.#max} answers`)
    const awaited = { id, token, accepted: deferred<boolean>({ handled: true }) }
    this.#awaited.add(awaited)
    return { accepted: awaited.accepted.promise, leave: () => { this.#awaited.delete(awaited) } }
  }

  /** Who waits for an answer of a peer about a token; the answer is theirs with `resolve`. */
  of (peer: Uuid, { token }: PairAnswer): ReadonlyArray<Deferred<boolean>> {
    return [...this.#awaited].filter(awaited => equalUuid(awaited.id, peer) && crypto.equal(awaited.token, token)).map(({ accepted }) => accepted)
  }

  /** No more comes. */
  end (error: Error): void {
    for (const { accepted } of this.#awaited) accepted.reject(error)
  }
}
