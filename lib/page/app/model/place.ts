import { toHex } from '../../../bytes/index.js'
import { parseOffer, parseRelayAddress } from '../../../relay/index.js'
import { placeOf, type RelayPlace } from './profile.js'

/** Bytes of a file that says where the relay is. */
const MAX_ABOUT = 4096

/** Where the relay is that serves the page, or that whoever has put the page there says; undefined when nobody does. */
export async function relayOfPage (): Promise<RelayPlace | undefined> {
  try {
    const response = await fetch('./relay.json', { cache: 'no-cache', redirect: 'error' })
    const text = response.ok ? await response.text() : ''
    if (text === '' || text.length > MAX_ABOUT) return undefined
    const { key, url } = JSON.parse(text) as { readonly key: string, readonly url: string }
    const place = new URL(url, location.href)
    place.protocol = place.protocol.replace(/^http/, 'ws')
    const { url: whole, relay } = parseRelayAddress(`${place.href}#${key}`)
    return placeOf(whole, relay)
  } catch {
    // no network, or a page that stands alone: it is asked for
    return undefined
  }
}

/** The relay of an address that was typed. @throws ERR_RELAY_ADDRESS, ERR_RELAY_URL */
export function relayOfAddress (text: string): RelayPlace {
  const { url, relay } = parseRelayAddress(text)
  return placeOf(url, relay)
}

/**
 * What the address of a relay looks like.
 *
 * @param protocol - of the page: one of `https:` reaches no relay of `ws:`
 */
export function addressHint (protocol: string): string {
  return `It begins with ${protocol === 'https:' ? 'wss:' : 'ws: or wss:'} and ends with a key.`
}

/** The relay that an offer names; undefined when it is none, which is told where it is answered. */
export function relayOfOffer (text: string | undefined): RelayPlace | undefined {
  try {
    const { url, relayFingerprint } = parseOffer(text ?? '')
    return { url, fingerprint: toHex(relayFingerprint) }
  } catch {
    return undefined
  }
}

/** A relay for people. */
export function hostOf ({ url }: RelayPlace): string {
  return new URL(url).host
}
