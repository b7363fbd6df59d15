import type { Transport } from './connection.js'
import { transportError } from './errors.js'

/** Whether `tcp:` and `tls:` can be dialled here. */
export const TCP_URLS: boolean = false

/** This platform dials no TCP. @throws ERR_TRANSPORT_CONNECT */
export function dialTcpUrl (): Promise<Transport> {
  return Promise.reject(transportError('ERR_TRANSPORT_CONNECT', 'this platform has no TCP'))
}
