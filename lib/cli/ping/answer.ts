import { RESET_CODES } from '../../nova/index.js'
import type { IncomingStream } from '../../relay/index.js'
import { ignore } from '../../stream/index.js'

/** The kind of a stream whose bytes are sent back: `ping`. */
export const PING_KIND = 0x70696e67n
/** Streams that are answered at once; each has what its window holds in memory. */
const MAX_ANSWERING = 8

/** Answers pings: sends back what comes, to so many at a time. */
export function pingAnswers (): (stream: IncomingStream) => void {
  let answering = 0
  return stream => {
    if (answering >= MAX_ANSWERING) {
      stream.refuse(RESET_CODES.limit)
      return
    }
    answering++
    const over = (): void => { answering-- }
    const echo = stream.accept()
    // what a ping fails with is told where it was sent
    echo.sink(echo.source).catch(ignore)
    echo.closed.then(over, over)
  }
}
