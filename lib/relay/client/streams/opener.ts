import { KIND, RESERVED_KINDS } from '../../../nova/index.js'
import type { OpenedMail } from '../../../nova/mail/index.js'
import type { StoreTransaction } from '../../../store/index.js'
import { asError, codeOf, collect, letGo } from '../../../stream/index.js'
import { relayError } from '../../errors.js'
import type { DeliveryHead } from '../../wire/index.js'
import { clientError } from '../errors.js'
import type { Opened } from '../mail/delivery.js'
import type { Pairing } from '../pairing/pairing.js'
import type { Policy } from '../policy.js'
import { PREKEY_RING_ERRORS } from '../prekeys/prekey-ring-errors.js'
import type { PrekeyRing } from '../prekeys/prekey-ring-options.js'
import type { PrekeySupply } from '../prekeys/prekey-supply.js'

/** What mail is opened with. */
export interface OpenerOptions {
  readonly ring: PrekeyRing
  readonly supply: PrekeySupply
  readonly policy: Policy
  readonly pairing: Pairing
  readonly maxMessage: number
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
      const { use: more, ...rest } = await this.#read(mail, kind)
      return { from: mail.sender, use: more === undefined ? use : transaction => { use(transaction); more(transaction) }, ...rest }
    } catch (error) {
      return { from: mail.sender, use, refusal: asError(error) }
    } finally {
      letGo(mail.message)
    }
  }

  #read (mail: OpenedMail, kind: bigint): Promise<Partial<Opened>> {
    if (kind === KIND.pairing) return this.#options.pairing.asked(mail)
    return kind === KIND.paired ? this.#options.pairing.answered(mail) : this.#message(mail, kind)
  }

  async #message ({ sender, message }: OpenedMail, kind: bigint): Promise<{ bytes: Uint8Array }> {
    if (kind >= RESERVED_KINDS) throw relayError('ERR_RELAY_PROTOCOL', 'mail of a kind of hushwire')
    if (!await this.#options.policy.accepts(sender)) throw clientError('ERR_RELAY_NOT_ACCEPTED')
    // the ring's limit holds for the sum already
    return { bytes: await collect(message, Infinity) as Uint8Array }
  }
}
