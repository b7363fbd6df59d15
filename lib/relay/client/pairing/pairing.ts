import { equalUuid, toHex, uuidKey } from '../../../bytes/index.js'
import { crypto } from '../../../crypto/index.js'
import { KIND, type Identity, type Peer } from '../../../nova/index.js'
import type { OpenedMail } from '../../../nova/mail/index.js'
import { abortable, codeOf, collect, deadline, ignore, streamError } from '../../../stream/index.js'
import type { Contact, StoredContacts } from '../contacts.js'
import type { Opened } from '../mail/delivery.js'
import { clientError } from '../errors.js'
import type { Line } from '../connection/line.js'
import { fingerprintOf, formatOffer, parseOffer, TOKEN_BYTES, type Offer } from './offer.js'
import type { OFFER_LIMITS, OpenOffers } from './open-offers.js'
import { isRefusal, type Outbox, type OwnMailOptions } from '../mail/outbox.js'
import { decodePairAnswer, encodePairAnswer, PAIR_ANSWER_BYTES, PairAnswers } from './pair-answer.js'
import { Trials } from './trials.js'

/** How an offer is answered. */
export interface PairOptions {
  /** Milliseconds that who offered has for its answer, once the relay has stored ours. Default: `pairTimeout`, 30,000. */
  timeout?: number | undefined
  /** Gives up. */
  signal?: AbortSignal | undefined
  /** Told when the relay has not taken our answer though a connection stands; see `MailOptions`. */
  onRetry?: ((error: Error) => void) | undefined
}

/** Milliseconds for which an offer is good. */
const OFFER_LIFETIME = 600_000
/** Milliseconds that the relay keeps an answer: nobody waits for it longer. */
const ANSWER_LIFETIME = 3_600_000

/** What a {@link Pairing} stands on. */
export interface PairingParts {
  readonly line: Line
  readonly outbox: Outbox
  readonly contacts: StoredContacts
  readonly offers: OpenOffers
  readonly identity: Identity
  readonly url: string
  readonly limits: Readonly<Record<keyof typeof OFFER_LIMITS, number>>
  /** Somebody has used an offer of ours. */
  onPaired(peer: Peer): void
}

/** What is to be done with mail of pairing. */
type Outcome = Pick<Opened, 'refusal' | 'kept'> & { readonly use?: Opened['use'] }

/** Both sides of pairing: who offers, and who answers an offer. */
export class Pairing {
  readonly #parts: PairingParts
  readonly #answers: PairAnswers
  readonly #trials: Trials
  /** Answers of ours that are on their way. */
  readonly #replies = new Set<string>()

  constructor (parts: PairingParts) {
    this.#parts = parts
    this.#answers = new PairAnswers(parts.limits.maxOffers)
    this.#trials = new Trials(parts.contacts)
  }

  /** See `Client.offer`. */
  async offer ({ expires = OFFER_LIFETIME }: { expires?: number | undefined }): Promise<string> {
    const { line, url, identity, offers } = this.#parts
    const until = Date.now() + expires
    if (!Number.isSafeInteger(expires) || expires <= 0 || !Number.isSafeInteger(until)) throw streamError('ERR_ARGUMENT', 'expires is a whole number of milliseconds')
    const { link } = await line.connected()
    const about = { url, relayFingerprint: fingerprintOf((link.remote as Peer).publicKey), fingerprint: fingerprintOf(identity.publicKey), expires: until }
    // what cannot be written is not to be remembered
    formatOffer({ ...about, token: new Uint8Array(0) })
    return formatOffer({ ...about, token: await offers.add(until) })
  }

  /** See `Client.pair`. */
  async pair (text: string, { timeout = this.#parts.limits.pairTimeout, signal, onRetry }: PairOptions): Promise<Contact> {
    if (!Number.isSafeInteger(timeout) || timeout <= 0) throw streamError('ERR_ARGUMENT', 'timeout is a whole number of milliseconds')
    const { identity } = this.#parts
    const offer = parseOffer(text)
    if (equalUuid(offer.id, identity.id)) throw clientError('ERR_OFFER_PEER', 'it is our own, for somebody else to answer')
    const { publicKey } = await this.#owner(offer, signal)
    // before the token is sent: its owner may write or open a stream as soon as it has it
    const contact = await this.#trials.begin(offer.id, publicKey)
    const progress = { tried: false, kept: true }
    try {
      await this.#ask(offer, { timeout, signal, onRetry, onTry: () => { progress.tried = true } })
    } catch (error) {
      // who may have the token may trust us by then or later, whether we still wait or not: then each is to know the other
      progress.kept = progress.tried && !isRefusal(error) && codeOf(error) !== 'ERR_OFFER_REFUSED'
      throw error
    } finally {
      await this.#trials.end(offer.id, progress.kept)
    }
    return contact
  }

  /** Mail with the token of an offer. @throws ERR_OFFER_TOKEN, ERR_OFFER_PEER, and what the store does (as rejections) */
  async asked ({ sender, message }: OpenedMail): Promise<Outcome> {
    const { contacts, offers } = this.#parts
    const token = await collect(message, TOKEN_BYTES) ?? new Uint8Array(0)
    const worth = await offers.worth(token, sender.id)
    // who has never had an offer gets no answer: it would say that we are here
    if (worth === 'unknown') throw clientError('ERR_OFFER_TOKEN')
    if (worth === 'again' && contacts.knows(sender)) return { kept: () => { void this.#reply(sender, token, true) } }
    const refused = (refusal: Error): Outcome => ({ refusal, kept: () => { void this.#reply(sender, token, false) } })
    if (worth !== 'open') return refused(clientError('ERR_OFFER_TOKEN'))
    if (contacts.has(sender.id) && !contacts.knows(sender)) return refused(clientError('ERR_OFFER_PEER'))
    if (contacts.full(sender.id)) return refused(clientError('ERR_CONTACT_LIMIT'))
    let used = false
    return {
      use: transaction => {
        used = offers.use(transaction, token, sender.id)
        if (!used) return
        contacts.write(transaction, sender.publicKey)
        this.#trials.keep(sender.id)
      },
      kept: () => {
        if (!used) return void this.#reply(sender, token, false)
        contacts.keep(sender.publicKey)
        // not before the other side can know: who is told may close the client at once
        void this.#reply(sender, token, true).then(() => { this.#parts.onPaired(sender) })
      }
    }
  }

  /** Mail that says whether we were accepted. @throws ERR_OFFER_TOKEN, and what the message throws (as rejections) */
  async answered ({ sender, message }: OpenedMail): Promise<Outcome> {
    const answer = decodePairAnswer(await collect(message, PAIR_ANSWER_BYTES))
    const waiting = this.#answers.of(sender.id, answer)
    // of those whose offers we have used, one may come too late
    if (waiting.length === 0 && !this.#parts.contacts.knows(sender)) throw clientError('ERR_OFFER_TOKEN', 'an answer to no offer')
    return { kept: () => { for (const { resolve } of waiting) resolve(answer.accepted) } }
  }

  /** The client has ended. */
  end (error: Error = clientError('ERR_RELAY_CLIENT_CLOSED')): void { this.#answers.end(error) }

  /** Who made an offer, as far as it fits what the offer says. @throws ERR_OFFER_RELAY, ERR_OFFER_PEER, the signal's reason, and what a lookup does (as rejections) */
  async #owner (offer: Offer, signal: AbortSignal | undefined): Promise<Peer> {
    const connection = await this.#parts.line.connected(signal)
    if (!crypto.equal(fingerprintOf((connection.link.remote as Peer).publicKey), offer.relayFingerprint)) throw clientError('ERR_OFFER_RELAY')
    const peer = await abortable(connection.lookup(offer.id), signal)
    if (peer === undefined) throw clientError('ERR_OFFER_PEER', 'the relay knows nobody with that id')
    if (!crypto.equal(fingerprintOf(peer.publicKey), offer.fingerprint)) throw clientError('ERR_OFFER_PEER')
    return peer
  }

  /** Sends the token, and waits for what its owner says. @throws ERR_OFFER_REFUSED, ERR_OFFER_UNANSWERED, ERR_OFFER_LIMIT, what `send` does, and the signal's reason (as rejections) */
  async #ask ({ id, token }: Offer, { timeout, ...options }: OwnMailOptions & { readonly timeout: number }): Promise<void> {
    const { accepted, leave } = this.#answers.wait({ id, token })
    try {
      await this.#parts.outbox.send(id, KIND.pairing, token, options)
      const limit = deadline(options.signal, timeout, () => clientError('ERR_OFFER_UNANSWERED'))
      if (!await abortable(accepted, limit.signal).finally(limit.done)) throw clientError('ERR_OFFER_REFUSED')
    } finally {
      leave()
    }
  }

  /** Answers a token, one yes and one no at a time; who floods us with it gets fewer. Resolves when the relay has it, or it cannot be sent. Never rejects. */
  async #reply ({ id }: Peer, token: Uint8Array, accepted: boolean): Promise<void> {
    // a no under way does not stand for the yes that a later try has earned
    const name = `${uuidKey(id)}${toHex(token)}${accepted}`
    if (this.#replies.has(name) || this.#replies.size >= this.#parts.limits.maxOffers) return
    this.#replies.add(name)
    await this.#parts.outbox.send(id, KIND.paired, encodePairAnswer({ token, accepted }), { lifetime: ANSWER_LIFETIME }).catch(ignore)
    this.#replies.delete(name)
  }
}
