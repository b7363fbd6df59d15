import type { Uuid } from '../../bytes/index.js'
import { KIND, RESET_ERRORS, type NovaLink } from '../../nova/index.js'
import type { Mail, Mailbox } from '../../store/index.js'
import { asError, deferred, HushwireError, letGo, type Deferred } from '../../stream/index.js'
import { encodeDeliveryHead } from '../wire/index.js'
import type { RelayEvent } from './events.js'
import { fromRelay } from './from-relay.js'
import type { Passages } from './passages.js'

/** Failures of one message, after which the next one is delivered: it is lost, or its recipient does not want it now. */
const OF_ONE: ReadonlySet<string> = new Set(['ERR_MAIL_GONE', 'ERR_MAIL_DAMAGED', ...Object.keys(RESET_ERRORS)])

/** What deliveries stand on. */
export interface DeliveriesOptions {
  readonly mailbox: Mailbox
  readonly recipient: Uuid
  readonly link: NovaLink
  readonly passages: Passages
  /** Only what stands after this position. */
  readonly after: number
  /** Messages that may be delivered and not taken. */
  readonly maxUntaken: number
  readonly report: (event: RelayEvent) => void
}

/** Mail on its way to one connection of its recipient: in order, one after the other, and no more than it takes. */
export class Deliveries {
  readonly #options: DeliveriesOptions
  readonly #mail: AsyncIterableIterator<Mail>
  readonly #untaken = new Set<number>()
  #room: Deferred<void> | undefined
  #over = false

  constructor (options: DeliveriesOptions) {
    this.#options = options
    this.#mail = options.mailbox.read(options.recipient, { after: options.after, follow: true })
  }

  /** Delivers until it is over; when the store fails, the connection ends, so that its client begins anew. Never rejects. */
  async run (): Promise<void> {
    try {
      for await (const mail of this.#mail) {
        while (!this.#over && this.#untaken.size >= this.#options.maxUntaken) {
          this.#room ??= deferred()
          await this.#room.promise
        }
        if (this.#over) return
        await this.#deliver(mail)
      }
    } catch (error) {
      if (!this.#over) this.#options.link.abort(asError(error))
    } finally {
      this.end()
    }
  }

  /** A message has been taken, or is not there any more: there is room for another one. */
  taken (position: number): void {
    this.#untaken.delete(position)
    this.#wake()
  }

  /** Begins no more of them. */
  end (): void {
    this.#over = true
    letGo(this.#mail)
    this.#wake()
  }

  async #deliver (mail: Mail): Promise<void> {
    const { passages, recipient, report } = this.#options
    const { position, sender } = mail
    const body = mail.source[Symbol.asyncIterator]()
    try {
      // of what is gone, nothing is begun
      const first = await body.next()
      this.#untaken.add(position)
      await passages.carry(fromRelay(KIND.delivery), packetOf(mail, first, body))
      report({ type: 'mail-delivered', sender, recipient, bytes: mail.length })
    } catch (thrown) {
      const error = asError(thrown)
      this.taken(position)
      if (!isOfOne(error)) throw error
      report({ type: 'mail-undelivered', recipient, error })
    } finally {
      letGo(body)
    }
  }

  #wake (): void {
    this.#room?.resolve()
    this.#room = undefined
  }
}

async function * packetOf (mail: Mail, first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const { position, id, sender, kind, stored, length } = mail
  yield encodeDeliveryHead({ position: BigInt(position), id, sender, kind, stored: BigInt(stored), length: BigInt(length) })
  for (let result = first; result.done !== true; result = await rest.next()) yield result.value
}

function isOfOne (error: Error): boolean {
  return error instanceof HushwireError && OF_ONE.has(error.code)
}
