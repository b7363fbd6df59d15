import { KEY_BYTES } from '../../crypto/index.js'
import { cliError } from '../errors.js'

/** Where a relay is, and who it is. */
export interface RelayAddress {
  /** Without the key. */
  readonly url: string
  /** Its Ed25519 key, 32 bytes. */
  readonly relay: Uint8Array
}

/** Reads the address of a relay, such as `tcp://host:7411/#KEY`. @throws ERR_CLI_RELAY */
export function parseRelayAddress (text: string): RelayAddress {
  const at = text.indexOf('#')
  const url = at < 0 ? text : text.slice(0, at)
  const fragment = at < 0 ? '' : text.slice(at + 1)
  const relay = new Uint8Array(Buffer.from(fragment, 'base64url'))
  if (!/^(wss?|tcp|tls):\/\/[\x21-\x7e]+$/.test(url) || !URL.canParse(url)) throw cliError('ERR_CLI_RELAY', 'not a URL of ws:, wss:, tcp: or tls:')
  if (relay.byteLength !== KEY_BYTES || Buffer.from(relay).toString('base64url') !== fragment) throw cliError('ERR_CLI_RELAY', 'no key after #')
  return { url, relay }
}

/** The one text of an address. */
export function formatRelayAddress ({ url, relay }: RelayAddress): string {
  return `${url}#${Buffer.from(relay).toString('base64url')}`
}
