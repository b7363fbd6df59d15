import type { Transport } from './connection.js'
import { transportError } from './errors.js'
import { dialTcp } from './tcp.js'

/** Dials a `tcp:` URL. @throws ERR_TRANSPORT_CONNECT for any other, and what `dialTcp` does */
export async function dialTcpUrl (url: URL, signal: AbortSignal | undefined): Promise<Transport> {
  if (url.protocol !== 'tcp:' || url.port === '') throw transportError('ERR_TRANSPORT_CONNECT', 'not a tcp: URL with a port')
  return dialTcp({ host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port), signal })
}
