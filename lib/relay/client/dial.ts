import { dialTcpUrl } from '#dial-tcp'
import type { Duplex } from '../../stream/index.js'
import { dialWebSocket } from '../../transport/websocket.js'
import { clientError } from './errors.js'

/** Dials the URL of a relay: `ws:` and `wss:` everywhere, `tcp:` and `tls:` in Node. @throws ERR_RELAY_URL, and what the transport does */
export async function dialRelay (url: string, { signal }: { signal?: AbortSignal | undefined }): Promise<Duplex> {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed?.protocol === 'ws:' || parsed?.protocol === 'wss:') return dialWebSocket(parsed, { signal })
  if (parsed?.protocol === 'tcp:' || parsed?.protocol === 'tls:') return dialTcpUrl(parsed, signal)
  throw clientError('ERR_RELAY_URL')
}
