import { setMaxListeners } from 'node:events'
import { RESET_CODES, type Peer } from '../nova/index.js'
import type { PeerStream } from '../relay/index.js'
import { deferred, type Deferred } from '../stream/index.js'
import type { Carriage } from './carriage.js'
import { tunnelError } from './errors.js'
import type { OnTunnelEvent } from './events.js'

/** What pass through a tunnel, at one end: how many there are, those that stand, and the end of them all. */
export class Standing {
  readonly #tell: OnTunnelEvent
  readonly #carriages = new Set<Carriage>()
  readonly #stop = new AbortController()
  #count = 0
  #numbered = 0
  #empty: Deferred<void> | undefined

  constructor (tell: OnTunnelEvent) {
    this.#tell = tell
    // one for each connection that is being made: their number has its limit
    setMaxListeners(0, this.#stop.signal)
  }

  /** Connections that stand or are being made. */
  get count (): number { return this.#count }
  /** Aborts when the tunnel ends. */
  get signal (): AbortSignal { return this.#stop.signal }

  /** Counts a connection as long as the work on it goes on. */
  async during (work: () => Promise<void>): Promise<void> {
    this.#count++
    try {
      await work()
    } finally {
      if (--this.#count === 0) this.#empty?.resolve()
    }
  }

  /** Keeps one that stands until it is over, and tells of both. */
  async keep (carriage: Carriage, { peer }: PeerStream, service: string): Promise<void> {
    const connection = ++this.#numbered
    const since = performance.now()
    this.#carriages.add(carriage)
    this.#tell({ type: 'open', connection, peer: copyOf(peer), service })
    await carriage.over()
    this.#carriages.delete(carriage)
    const { sent, received, error } = carriage
    this.#tell({ type: 'close', connection, peer: copyOf(peer), service, sent, received, milliseconds: performance.now() - since, error })
  }

  /** Resets all that stand or are being made; resolves when none is left. */
  async end (): Promise<void> {
    const reason = tunnelError('ERR_TUNNEL_CLOSED')
    this.#stop.abort(reason)
    for (const carriage of this.#carriages) carriage.abort(reason, RESET_CODES.shutdown)
    if (this.#count === 0) return
    this.#empty ??= deferred()
    await this.#empty.promise
  }
}

/** For an observer, who may do with it as it likes. */
function copyOf ({ id, publicKey, ...rest }: Peer): Peer {
  return { ...rest, id: id.slice(), publicKey: publicKey.slice() }
}
