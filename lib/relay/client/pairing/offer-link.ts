import { OFFER_SCHEME } from './offer.js'

/**
 * The offer in what somebody has pasted, typed or scanned: an offer itself, or a link that has one as its fragment. Nothing of it is
 * looked at: `parseOffer` does that.
 *
 * @param text - spaces around it are passed over
 * @returns undefined when there is none
 * @example
 * ```ts
 * import { offerIn } from 'hushwire/relay'
 *
 * offerIn('https://relay.example/#hushwire:AQ') // 'hushwire:AQ'
 * offerIn('https://relay.example/') // undefined
 * ```
 */
export function offerIn (text: string): string | undefined {
  const trimmed = typeof text === 'string' ? text.trim() : ''
  if (trimmed.startsWith(OFFER_SCHEME)) return trimmed
  const at = trimmed.indexOf('#')
  const fragment = at < 0 ? '' : decoded(trimmed.slice(at + 1))
  return fragment.startsWith(OFFER_SCHEME) ? fragment : undefined
}

/** Some programs that pass a link on write its colon as %3A. */
function decoded (fragment: string): string {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return ''
  }
}

/**
 * Where the page of a relay is, if it has one: at the root of its host, whatever the path of its WebSockets is. With `#` and an
 * offer behind it, it is a link that answers the offer.
 *
 * @param url - of the relay, as `connect` takes it
 * @returns undefined for a relay that is not reached by WebSockets
 * @example
 * ```ts
 * import { relayPage } from 'hushwire/relay'
 *
 * relayPage('wss://relay.example/wire') // 'https://relay.example/'
 * relayPage('tcp://relay.example:7411') // undefined
 * ```
 */
export function relayPage (url: string): string | undefined {
  if (!/^wss?:\/\//i.test(url) || !URL.canParse(url)) return undefined
  const { protocol, host } = new URL(url)
  return `${protocol === 'wss:' ? 'https' : 'http'}://${host}/`
}
