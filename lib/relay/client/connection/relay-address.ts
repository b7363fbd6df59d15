import { isObject } from '../../../stream/index.js'
import { fromBase64url, toBase64url } from '../base64url.js'
import { clientError } from '../errors.js'
import { relayUrl } from './relay-url.js'

const KEY_BYTES = 32
/** UTF-16 units of the longest address that is read. */
const MAX_LENGTH = 1024

/** Where a relay is, and who it is: what somebody has to know before the first connection. */
export interface RelayAddress {
  /** As `connect` takes it, without a fragment. */
  readonly url: string
  /** The relay's Ed25519 key, 32 bytes. */
  readonly relay: Uint8Array
}

/**
 * The text of an address: the URL with the key in base64url as its fragment, `wss://relay.example/#KEY`.
 *
 * @throws ERR_RELAY_URL, ERR_RELAY_ADDRESS when the key has not 32 bytes, or the text would be longer than 1,024 units
 */
export function formatRelayAddress (address: RelayAddress): string {
  const { url, relay }: Partial<RelayAddress> = isObject(address) ? address : {}
  if (!(relay instanceof Uint8Array) || relay.byteLength !== KEY_BYTES) throw clientError('ERR_RELAY_ADDRESS', 'the key has not 32 bytes')
  const text = `${hrefOf(relayUrl(url as string))}#${toBase64url(relay)}`
  if (text.length > MAX_LENGTH) throw clientError('ERR_RELAY_ADDRESS', 'it is too long')
  return text
}

/**
 * Takes an address apart. Nothing is asked of anybody: that the relay has that key is proved when it is connected to.
 *
 * @param text - what `hushwire relay` prints at its start; spaces around it are passed over
 * @throws ERR_RELAY_ADDRESS when it has no key, or none that can be read, ERR_RELAY_URL when its URL cannot be used
 * @example
 * ```ts
 * import { createIdentity } from 'hushwire/nova'
 * import { connect, parseRelayAddress } from 'hushwire/relay'
 *
 * async function join (address: string) {
 *   return connect({ ...parseRelayAddress(address), identity: createIdentity() })
 * }
 * ```
 */
export function parseRelayAddress (text: string): RelayAddress {
  const trimmed = typeof text === 'string' ? text.trim() : ''
  if (trimmed === '' || trimmed.length > MAX_LENGTH) throw clientError('ERR_RELAY_ADDRESS')
  const at = trimmed.indexOf('#')
  const url = relayUrl(at < 0 ? trimmed : trimmed.slice(0, at))
  if (at < 0) throw clientError('ERR_RELAY_ADDRESS', 'there is no # with the key of the relay behind it')
  const relay = fromBase64url(trimmed.slice(at + 1))
  if (relay?.byteLength !== KEY_BYTES) throw clientError('ERR_RELAY_ADDRESS', 'what is behind # is not the 43 characters of a key')
  return { url: hrefOf(url), relay }
}

/** With a path always: schemes that browsers do not know have none by themselves. */
function hrefOf (url: URL): string {
  if (url.pathname === '') url.pathname = '/'
  return url.href
}
