import { uuidKey } from '../bytes/index.js'
import { RESET_CODES, resetError } from '../nova/index.js'
import type { IncomingStream } from '../relay/index.js'
import { ignore, limitsOf, type LimitsOf } from '../stream/index.js'

/** The kind of a stream whose bytes are sent back: `ping`. */
export const PING_KIND = 0x70696e67n

/** What answers to pings may take, and their defaults; each stream has what its window holds in memory. */
export const PING_LIMITS = {
  /** Streams that are answered at once. */
  maxAnswers: 8,
  /** Of them, those of one peer. */
  maxPeerAnswers: 2,
  /** Milliseconds after which a stream on which nothing has come is given up. */
  idleTimeout: 300_000
} as const

/** See {@link PING_LIMITS}. */
export type PingLimits = LimitsOf<typeof PING_LIMITS>

/**
 * Answers pings: sends back what comes, so that `hushwire ping` can measure the way to this client. Each stream of kind {@link PING_KIND} is
 * given to what it returns, which never throws.
 *
 * @throws ERR_LIMIT_OPTION
 * @example
 * ```ts
 * import { PING_KIND, pingAnswers } from 'hushwire/chat'
 * import type { Client } from 'hushwire/relay'
 *
 * async function answer (client: Client) {
 *   const ping = pingAnswers()
 *   for await (const stream of client.streams) {
 *     if (stream.kind === PING_KIND) ping(stream)
 *     else stream.refuse()
 *   }
 * }
 * ```
 */
export function pingAnswers (limits: PingLimits = {}): (stream: IncomingStream) => void {
  const { maxAnswers, maxPeerAnswers, idleTimeout } = limitsOf(PING_LIMITS, limits)
  /** Peers of streams that are answered, by `uuidKey`. */
  const answering: string[] = []
  return stream => {
    const peer = uuidKey(stream.peer.id)
    if (answering.length >= maxAnswers || answering.filter(other => other === peer).length >= maxPeerAnswers) {
      stream.refuse(RESET_CODES.limit)
      return
    }
    answering.push(peer)
    const over = (): void => { answering.splice(answering.indexOf(peer), 1) }
    sendBack(stream, idleTimeout).then(over, over)
  }
}

/** Resolves, or rejects, when the stream is over. */
async function sendBack (incoming: IncomingStream, idleTimeout: number): Promise<void> {
  const stream = incoming.accept()
  const giveUp = (): void => { stream.abort(resetError(RESET_CODES.stalled)) }
  let idle = setTimeout(giveUp, idleTimeout)
  const busy = async function * (): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const bytes of stream.source) {
        clearTimeout(idle)
        idle = setTimeout(giveUp, idleTimeout)
        yield bytes
      }
    } finally {
      clearTimeout(idle)
    }
  }
  // what a ping fails with is told where it was sent
  stream.sink(busy()).catch(ignore)
  await stream.closed.finally(() => { clearTimeout(idle) })
}
