import { asError, pause } from '../../../stream/index.js'
import type { Connection } from './line.js'

/** Asks for signs of life while the connection stands, and ends it when there is none. Never rejects. */
export async function heartbeat ({ link, ended }: Connection, interval: number, timeout: number): Promise<void> {
  for (;;) {
    // not all clients of a relay at once
    await pause(interval * (0.75 + Math.random() / 2), ended)
    if (ended.aborted) return
    try {
      await link.ping({ timeout })
    } catch (error) {
      link.abort(asError(error))
    }
  }
}
