import type { Transport } from './connection.js'
import { transportError } from './errors.js'
import { dialTcp } from './tcp.js'

/** Whether `tcp:` and `tls:` can be dialled here. */
export const TCP_URLS: boolean = true

/** Dials a `tcp:` or a `tls:` URL. @throws ERR_TRANSPORT_CONNECT for any other, and what `dialTcp` does */
export async function dialTcpUrl ({ protocol, hostname, port }: URL, signal: AbortSignal | undefined): Promise<Transport> {
  if (port === '') throw transportError('ERR_TRANSPORT_CONNECT', 'the URL has no port')
  return dialTcp({ host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port), tls: protocol === 'tls:', signal })
}
