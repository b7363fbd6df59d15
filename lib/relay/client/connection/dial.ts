import { dialTcpUrl, TCP_URLS } from '#dial-tcp'
import type { Duplex } from '../../../stream/index.js'
import { dialWebSocket } from '../../../transport/websocket.js'
import { clientError } from '../errors.js'
import { relayUrl } from './relay-url.js'

/** A URL that this platform can dial: `ws:` and `wss:` everywhere, `tcp:` and `tls:` in Node. @throws ERR_RELAY_URL */
export function diallable (text: string): URL {
  const url = relayUrl(text)
  if (!TCP_URLS && !url.protocol.startsWith('ws')) throw clientError('ERR_RELAY_URL', 'this platform has no TCP; ws: and wss: it has')
  return url
}

/** Dials the URL of a relay. @throws ERR_RELAY_URL, and what the transport does */
export async function dialRelay (text: string, { signal }: { signal?: AbortSignal | undefined }): Promise<Duplex> {
  const url = diallable(text)
  return url.protocol.startsWith('ws') ? dialWebSocket(url, { signal }) : dialTcpUrl(url, signal)
}
