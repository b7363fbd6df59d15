import { KIND, RESERVED_KINDS, type Peer } from '../../nova/index.js'
import type { OpenedMail } from '../../nova/mail/index.js'
import type { StoreTransaction } from '../../store/index.js'
import { asError, collect, letGo } from '../../stream/index.js'
import { relayError } from '../errors.js'
import type { DeliveryHead } from '../wire/index.js'
import type { StoredContacts } from './contacts.js'
import { clientError, codeOf } from './errors.js'
import type { Opened } from './inbox.js'
import { TOKEN_BYTES } from './offer.js'
import type { OpenOffers } from './pairing.js'
import type { Policy } from './policy.js'
import { PREKEY_RING_ERRORS } from './prekey-ring-errors.js'
import type { PrekeyRing } from './prekey-ring-options.js'
import type { PrekeySupply } from './prekey-supply.js'

/** What mail is opened with. */
export interface OpenerOptions {
  readonly ring: PrekeyRing
  readonly supply: PrekeySupply
  readonly policy: Policy
  readonly contacts: StoredContacts
  readonly offers: OpenOffers
  readonly maxMessage: number
  /** Somebody has answered an offer. */
  onPaired(peer: Peer): void
}

/** Opens what the relay delivers, and decides what it is: for the application, for the client itself, or for nobody. */
export class Opener {
  readonly #options: OpenerOptions

  constructor (options: OpenerOptions) {
    this.#options = options
  }

  /** @throws what `PrekeyRing.open` does (as a rejection) */
  async open ({ sender, kind }: DeliveryHead, source: AsyncIterable<Uint8Array>): Promise<Opened> {
    const { ring, supply, maxMessage } = this.#options
    const mail = await ring.open(source, { from: sender, kind }, { maxInflated: maxMessage })
    const use = (transaction: StoreTransaction): void => {
      try {
        supply.use(transaction, mail.prekeyId, mail.mark)
      } catch (error) {
        // it ran out while the message was with the application, and is not to be handed out again for that
        if (!Object.hasOwn(PREKEY_RING_ERRORS, codeOf(error) ?? '')) throw error
      }
    }
    try {
      return { from: mail.sender, use, ...await (kind === KIND.pairing ? this.#answer(mail, use) : this.#message(mail, kind)) }
    } catch (error) {
      return { from: mail.sender, use, refusal: asError(error) }
    } finally {
      letGo(mail.message)
    }
  }

  async #message ({ sender, message }: OpenedMail, kind: bigint): Promise<{ bytes: Uint8Array }> {
    if (kind >= RESERVED_KINDS) throw relayError('ERR_RELAY_PROTOCOL', 'mail of a kind of hushwire')
    if (!await this.#options.policy.accepts(sender)) throw clientError('ERR_RELAY_NOT_ACCEPTED')
    // the ring's limit holds for the sum already
    return { bytes: await collect(message, Infinity) as Uint8Array }
  }

  /** The answer to an offer makes its sender a contact, in the transaction that uses the offer up. */
  async #answer ({ sender, message }: OpenedMail, use: Opened['use']): Promise<Pick<Opened, 'use' | 'kept'>> {
    const { contacts, offers } = this.#options
    const token = await collect(message, TOKEN_BYTES) ?? new Uint8Array(0)
    await offers.check(token)
    contacts.check(sender.id)
    return {
      use: transaction => {
        use(transaction)
        offers.use(transaction, token)
        contacts.write(transaction, sender.publicKey)
      },
      kept: () => {
        contacts.keep(sender.publicKey)
        this.#options.onPaired(sender)
      }
    }
  }
}
