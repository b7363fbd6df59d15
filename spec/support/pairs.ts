import { deferred } from '../../lib/stream/deferred.js'
import type { Transport } from '../../lib/transport/connection.js'

/** Brings dialled and accepted connections together, one dial at a time. */
export class Pairing {
  #accepted = deferred<Transport>()

  /** For a listener's `onConnection`. */
  readonly accept = (connection: Transport): void => { this.#accepted.resolve(connection) }

  async pair (dial: () => Promise<Transport>): Promise<[Transport, Transport]> {
    this.#accepted = deferred()
    const dialled = await dial()
    return [dialled, await this.#accepted.promise]
  }
}
