import { networkInterfaces } from 'node:os'
import { formatRelayAddress } from '../../relay/index.js'
import type { Relay } from '../../relay/server/index.js'
import { HushwireError } from '../../stream/index.js'
import { hostAndPort } from '../../transport/host-and-port.js'
import { parseAddress } from '../ctr/address.js'
import { cliError } from '../errors.js'
import type { Settings } from './settings.js'

/** Hosts to listen at that are every address of the machine, and none to dial. */
const EVERY: ReadonlySet<string> = new Set(['0.0.0.0', '[::]'])

/** The addresses that clients are given, one a listener that has one. */
export interface Addresses {
  readonly tcp: string | undefined
  readonly websocket: string | undefined
}

/** The addresses of a relay that listens. @throws ERR_CLI_CONFIG when a `url` of the settings cannot be used, ERR_CLI_OPTION */
export function addressesOf (settings: Settings, { tcp, websocket }: Pick<Relay, 'tcp' | 'websocket'>, publicKey: Uint8Array): Addresses {
  return {
    tcp: tcp && given(settings, 'listen.tcp', urlOf('tcp', tcp, settings), publicKey),
    websocket: websocket === undefined ? undefined : given(settings, 'listen.websocket', websocket, publicKey)
  }
}

/** The same of one that does not run, as far as its settings say where it will listen. @throws ERR_CLI_OPTION, ERR_CLI_CONFIG */
export function addressesToBe (settings: Settings, publicKey: Uint8Array): Addresses {
  const toBe = (section: 'listen.tcp' | 'listen.websocket', scheme: 'tcp' | 'ws', path: string): string | undefined => {
    const { address, url } = settings[section]
    if (address === '') return undefined
    const { host = '127.0.0.1', port } = parseAddress(address)
    // a port that the system will choose
    return port === 0 && url === '' ? undefined : given(settings, section, urlOf(scheme, { host, port }, settings) + path, publicKey)
  }
  return { tcp: toBe('listen.tcp', 'tcp', ''), websocket: toBe('listen.websocket', 'ws', settings['listen.websocket'].path) }
}

function urlOf (scheme: 'tcp' | 'ws', address: { host: string, port: number }, { tls }: Settings): string {
  const secured = { tcp: 'tls', ws: 'wss' }[scheme]
  return `${tls.cert === '' ? scheme : secured}://${hostAndPort(address)}`
}

/** The URL of the settings where there is one, else the own one. */
function given (settings: Settings, section: 'listen.tcp' | 'listen.websocket', own: string, relay: Uint8Array): string {
  const { url } = settings[section]
  try {
    return formatRelayAddress({ url: url === '' ? reachable(own, section) : url, relay })
  } catch (error) {
    if (url === '' || !(error instanceof HushwireError)) throw error
    throw cliError('ERR_CLI_CONFIG', `${section}.url: ${error.message}`, error)
  }
}

/** Instead of every address of the machine, the first that others can know, if there is one. @throws ERR_CLI_OPTION */
function reachable (own: string, section: string): string {
  if (!URL.canParse(own)) throw cliError('ERR_CLI_OPTION', `nobody can dial ${own}, whose host is neither a name nor an address; give another one, or ${section}.url`)
  const url = new URL(own)
  if (!EVERY.has(url.hostname)) return own
  const known = ownAddresses()
  const address = known.find(each => !each.includes(':')) ?? known[0] ?? '127.0.0.1'
  url.hostname = address.includes(':') ? `[${address}]` : address
  return url.href
}

function ownAddresses (): string[] {
  try {
    return Object.values(networkInterfaces()).flatMap(each => each ?? []).filter(each => !each.internal && !each.address.startsWith('fe80')).map(({ address }) => address)
  } catch {
    // a service may not be allowed to ask
    return []
  }
}
