import { memoryStore, openDirectory, openMailbox, type Directory, type Mailbox } from '../../store/index.js'
import { asError, delayOf } from '../../stream/index.js'
import type { RelayEvent } from './events.js'
import { localExchange, type Exchange } from './exchange.js'
import type { CheckedLimits, RelayOptions } from './options.js'
import { Registrar } from './registration.js'

/** What the parts of a relay stand on. */
export interface Service {
  readonly limits: CheckedLimits
  readonly directory: Directory
  readonly mailbox: Mailbox
  readonly exchange: Exchange
  readonly registrar: Registrar
  /** Whether clients are told who is connected. */
  readonly presence: boolean
  /** True once no more requests are taken. */
  draining: boolean
  /** Tells the relay's owner. */
  readonly report: (event: RelayEvent) => void
  /** Ends what the relay has opened itself. Never rejects. */
  close(): Promise<void>
}

/** Opens what the options do not bring. @throws ERR_LIMIT_OPTION, and what the store does (as rejections) */
export async function openService (options: RelayOptions, limits: CheckedLimits): Promise<Service> {
  const store = options.store ?? memoryStore()
  const opened: Array<{ close(): Promise<void> }> = []
  const directory = options.directory ?? await openDirectory(store, { limits: options.limits?.directory })
  const mailbox = options.mailbox ?? await openMailbox(store, { limits: options.limits?.mailbox })
  if (options.mailbox === undefined) opened.push(mailbox)
  if (options.store === undefined) opened.push(store)
  const report = (event: RelayEvent): void => { tell(options.onEvent, event) }
  const timer = setInterval(() => { void expire(mailbox, report) }, delayOf(limits.expireInterval))
  return {
    limits,
    directory,
    mailbox,
    exchange: options.exchange ?? localExchange({ maxCorrespondents: limits.maxCorrespondents }),
    registrar: new Registrar(directory, options.registration),
    presence: options.presence !== 'off',
    draining: false,
    report,
    close: async () => {
      clearInterval(timer)
      for (const part of opened) await part.close()
    }
  }
}

/** Deletes what has run out. */
async function expire (mailbox: Mailbox, report: (event: RelayEvent) => void): Promise<void> {
  try {
    const messages = await mailbox.expire()
    if (messages > 0) report({ type: 'mail-expired', messages })
  } catch (error) {
    report({ type: 'failed', error: asError(error) })
  }
}

function tell (onEvent: RelayOptions['onEvent'], event: RelayEvent): void {
  try {
    onEvent?.(event)
  } catch {
    // the caller's own affair
  }
}
