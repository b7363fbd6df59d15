import type { Transport } from './connection.js'
import { transportError } from './errors.js'

/** This platform dials no TCP. @throws ERR_TRANSPORT_CONNECT */
export async function dialTcpUrl (_url: URL, _signal: AbortSignal | undefined): Promise<Transport> {
  throw transportError('ERR_TRANSPORT_CONNECT', 'this platform has no TCP')
}
