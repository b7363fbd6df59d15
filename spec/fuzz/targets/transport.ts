import { ignore, type Bytes } from '../../../lib/stream/index.js'
import { join } from '../../../lib/stream/pieces.js'
import { TRANSPORT_LIMITS } from '../../../lib/transport/limits.js'
import { MessageConnection, type MessageSocket } from '../../../lib/transport/message-connection.js'
import { same, type Target } from '../target.js'

const EVENTS = { message: 0, text: 250, close: 251, badClose: 252 } as const

/** What comes over a WebSocket, message by message: a byte for a message of that length, text, or a close. */
export const messages: Target = {
  name: 'transport.websocket',
  valid: random => join([...random.many(5, () => {
    const content = random.bytes(1 + random.nat(80))
    return Uint8Array.of(content.byteLength, ...content)
  }), Uint8Array.of(random.pick([EVENTS.message, EVENTS.close, EVENTS.badClose]))]),
  decode: async input => {
    let closed = false
    const connection: MessageConnection = new MessageConnection(socket(code => {
      if (!closed) connection.receiveClose(code)
      closed = true
    }), TRANSPORT_LIMITS)
    connection.closed.catch(ignore)
    connection.sink(nothing()).catch(ignore)
    const expected: Uint8Array[] = []
    for (let at = 0; at < input.bytes.byteLength;) {
      const event = input.bytes[at++] as number
      if (event === EVENTS.text) connection.receiveText()
      else if (event === EVENTS.close) connection.receiveClose(1000)
      else if (event >= EVENTS.badClose) connection.receiveClose(1006)
      else connection.receiveMessage(new Uint8Array(input.bytes.subarray(at, at + event)))
      if (event < EVENTS.text) expected.push(input.bytes.subarray(at, at + event))
      at += event < EVENTS.text ? event : 0
    }
    // whatever it was, it is over now
    connection.receiveClose(1006)
    const read: Uint8Array[] = []
    try {
      for await (const piece of connection.source) read.push(piece)
    } finally {
      const got = join(read)
      same('what came before the end', got, join(expected).subarray(0, got.byteLength))
    }
  },
  codes: ['ERR_TRANSPORT_RESET', 'ERR_TRANSPORT_PROTOCOL', 'ERR_TRANSPORT_TEXT_MESSAGE'],
  first: [],
  edges: [250, 251, 252],
  largest: bytes => bytes + 256
}

async function * nothing (): AsyncGenerator<Bytes> {
  // the own direction ends at once
}

function socket (onClose: (code: number) => void): MessageSocket {
  return {
    send: () => undefined,
    flush: async () => {},
    close: onClose,
    reset: () => { onClose(1006) },
    pause: ignore,
    resume: ignore
  }
}
