import type { Peer } from '../nova/index.js'
import { ignore } from '../stream/index.js'

/** What either end of a tunnel tells. */
export type TunnelEvent =
  /** A connection stands from end to end. */
  | { readonly type: 'open', readonly connection: number, readonly peer: Peer, readonly service: string }
  /** One was not brought about; what asked for it has been told. The service is empty where it was not named. */
  | { readonly type: 'refused', readonly peer: Peer | undefined, readonly service: string, readonly error: Error }
  /** One is over: in order, or reset with `error`. Bytes are those of the TCP connection at this end: `sent` into the tunnel, `received` out of it. */
  | {
    readonly type: 'close'
    readonly connection: number
    readonly peer: Peer
    readonly service: string
    readonly sent: number
    readonly received: number
    readonly milliseconds: number
    readonly error: Error | undefined
  }

/** Told what happens. What it throws is dropped. */
export type OnTunnelEvent = (event: TunnelEvent) => void

/** Tells an observer, whose failures are its own. */
export function telling (observer: OnTunnelEvent | undefined): OnTunnelEvent {
  return event => {
    const run = async (): Promise<void> => { observer?.(event) }
    run().catch(ignore)
  }
}
