import { uuidKey } from '../../bytes/index.js'
import { parseOffer, relayPage, type Contact } from '../../relay/index.js'
import { qr } from '../../relay/qr.js'
import { abortable, deadline } from '../../stream/index.js'
import { Untaken } from '../chat/untaken.js'
import { cliError, failureCode } from '../errors.js'
import { pageBegins } from '../only-here.js'
import type { Session } from '../session.js'
import type { Output } from '../terminal/output.js'

/**
 * Shows an offer: as text, as a link where the relay may have a page that can begin, and on a terminal as a QR code.
 *
 * @param about - `minutes`: how long it is good; `other`: what is typed on the other side, with `OFFER` where the text goes
 */
export function tellOffer (text: string, { minutes, other }: { minutes: number, other: string }, output: Output): void {
  const { url, expires } = parseOffer(text)
  const page = relayPage(url)
  const link = page !== undefined && pageBegins(page) ? `${page}#${text}` : undefined
  output.event('offer', { offer: text, link, expires: new Date(expires).toISOString() })
  output.note(`Give this to whom you want to meet, by a way that nobody else sees. It is good for ${minutes} minutes, and once.\n`)
  output.line(text)
  if (link !== undefined) output.line(`\nor, in a browser, when the relay serves its page: ${link}`)
  if (output.interactive) output.note(`\n${qr(link ?? text).terminal}`)
  output.note(`On the other side: ${other.replace('OFFER', `'${text.slice(0, 12)}…'`)}`)
  output.status('waiting for somebody to answer')
}

/** Answers an offer, and waits until its owner has said yes. @throws what `Client.pair` does (as rejections) */
export async function answerOffer (text: string, { client, names, output, signal }: Session): Promise<Contact> {
  const { id } = parseOffer(text)
  output.status(client.contacts.has(id) ? `${names.of(id)} is a contact already, by this offer or another one; waiting for their answer` : 'waiting for their answer')
  const untaken = new Untaken(output, { what: 'our answer', later: 'It is tried again by itself, until Ctrl-C.' })
  const contact = await client.pair(text, { signal, onRetry: untaken.again })
  output.status()
  return contact
}

/**
 * Who has answered an offer, once the relay has our yes. Whom that has not reached when the offer expires is a contact nevertheless, and may trust us: theirs is
 * what goes on.
 *
 * @param coming - settles when the relay has our yes
 * @param milliseconds - for which the offer is good
 * @throws ERR_CLI_EXPIRED, the signal's reason, and what is waited for does (as rejections)
 */
export async function untilAnswered ({ client: { contacts }, names, output, signal }: Session, coming: Promise<Contact>, milliseconds: number): Promise<Contact> {
  const before = new Set(contacts.list().map(({ id }) => uuidKey(id)))
  const limit = deadline(signal, milliseconds, () => cliError('ERR_CLI_EXPIRED'))
  try {
    return await abortable(coming, limit.signal)
  } catch (error) {
    const met = failureCode(error) === 'ERR_CLI_EXPIRED' ? contacts.list().find(({ id }) => !before.has(uuidKey(id))) : undefined
    if (met === undefined) throw error
    output.warn(`${names.of(met.id)} has answered and is a contact, but the relay has not taken our yes yet. It is tried again by itself, until Ctrl-C.`)
    return met
  } finally {
    limit.done()
  }
}
