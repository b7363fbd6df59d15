import { connect, type Client, type ClientState } from '../../../relay/index.js'
import type { Store } from '../../../store/index.js'
import { dialWebSocket } from '../../../transport/websocket.js'
import { toHex } from '../../../bytes/index.js'
import { CLIENT_LIMITS } from './limits.js'
import { verifyOf, type Profile } from './profile.js'

/** What is told of the client. */
export interface LinkEvents {
  onState(state: ClientState): void
  /** Somebody has answered an offer of ours. */
  onPaired(peer: string): void
}

/** @throws what `connect` does (as rejections) */
export function connectAs ({ relay, identity }: Profile, store: Store, { invite, wait, ...events }: LinkEvents & { readonly invite?: Uint8Array | undefined, readonly wait: boolean }): Promise<Client> {
  return connect({
    url: relay.url,
    relay: verifyOf(relay),
    identity,
    store,
    invite,
    wait,
    limits: CLIENT_LIMITS,
    dial: dialUntilOffline,
    onState: state => { events.onState(state) },
    onPaired: ({ id }) => { events.onPaired(toHex(id)) }
  })
}

/** A browser that loses its network says so, and keeps the connection all the same: nobody waits for the heartbeat. */
async function dialUntilOffline (url: string, { signal }: { signal: AbortSignal }): Promise<Awaited<ReturnType<typeof dialWebSocket>>> {
  const connection = await dialWebSocket(url, { signal })
  const lost = (): void => { connection.abort(new Error('the network is gone')) }
  addEventListener('offline', lost)
  const gone = (): void => { removeEventListener('offline', lost) }
  connection.closed.then(gone, gone)
  return connection
}
