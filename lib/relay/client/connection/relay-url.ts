import { clientError } from '../errors.js'

const SCHEMES: ReadonlySet<string> = new Set(['ws:', 'wss:', 'tcp:', 'tls:'])
const NEEDS_PORT: ReadonlySet<string> = new Set(['tcp:', 'tls:'])

/** The URL of a relay, taken apart. @throws ERR_RELAY_URL, which says what is wrong */
export function relayUrl (text: string): URL {
  const wrong = (why: string): Error => clientError('ERR_RELAY_URL', why)
  if (typeof text !== 'string') throw wrong('it is no text')
  if (!/^[a-z]+:\/\//i.test(text)) throw wrong('it has no scheme, as wss://relay.example/ has')
  // more than ASCII could be shown as something else than it is
  if (!/^[\x21-\x7e]+$/.test(text)) throw wrong('it has characters that a URL has not')
  if (!SCHEMES.has(text.slice(0, text.indexOf(':') + 1).toLowerCase())) throw wrong('it has another scheme')
  if (!URL.canParse(text)) throw wrong('its host or port cannot be read; a port is a number up to 65535')
  const url = new URL(text)
  if (url.hostname === '') throw wrong('it has no host')
  if (url.username !== '' || url.password !== '') throw wrong('it has a name or a password')
  if (text.includes('#')) throw wrong('what is behind # belongs to the address of a relay: parseRelayAddress takes both apart')
  if (NEEDS_PORT.has(url.protocol) && url.port === '') throw wrong('tcp: and tls: need a port, as tcp://relay.example:7411 has')
  return url
}
