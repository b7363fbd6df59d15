import { uuidKey } from '../../bytes/index.js'
import { RESET_CODES, resetError } from '../../nova/index.js'
import type { IncomingStream } from '../../relay/index.js'
import { ignore } from '../../stream/index.js'

/** The kind of a stream whose bytes are sent back: `ping`. */
export const PING_KIND = 0x70696e67n

/** What answers to pings may take; each stream has what its window holds in memory. */
export const PING_LIMITS = {
  /** Streams that are answered at once. */
  maxAnswers: 8,
  /** Of them, those of one peer. */
  maxPeerAnswers: 2,
  /** Milliseconds after which a stream on which nothing has come is given up. */
  idleTimeout: 300_000
} as const

/** Answers pings: sends back what comes. */
export function pingAnswers ({ maxAnswers, maxPeerAnswers, idleTimeout }: Readonly<Record<keyof typeof PING_LIMITS, number>> = PING_LIMITS): (stream: IncomingStream) => void {
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
  const idle = setTimeout(() => { stream.abort(resetError(RESET_CODES.stalled)) }, idleTimeout)
  // what a ping fails with is told where it was sent
  stream.sink(busy(stream.source, idle)).catch(ignore)
  await stream.closed.finally(() => { clearTimeout(idle) })
}

/** What comes, asked for as it is sent back. */
async function * busy (source: AsyncIterable<Uint8Array>, idle: ReturnType<typeof setTimeout>): AsyncGenerator<Uint8Array, void> {
  for await (const bytes of source) {
    idle.refresh()
    yield bytes
  }
}
