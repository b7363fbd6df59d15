import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes of frames, cipher, packets and routing. */
export const NOVA_ERRORS = {
  ERR_FRAME_MAGIC: { origin: 'remote', fatal: true, sentence: 'what came is not a Nova frame: the magic is wrong' },
  ERR_FRAME_SIZE: { origin: 'remote', fatal: true, sentence: 'a frame is larger than 1 MiB, or sealed and shorter than its tag' },
  ERR_FRAME_FLAG: { origin: 'remote', fatal: true, sentence: 'a flag of a frame is neither 0 nor 1' },
  ERR_FRAME_TRUNCATED: { origin: 'remote', fatal: true, sentence: 'the stream ended inside a frame' },
  ERR_CIPHER_KEY: { origin: 'local', fatal: false, sentence: 'the cipher takes keys of 32 bytes, once' },
  ERR_CIPHER_OPTION: { origin: 'local', fatal: false, sentence: 'the options of the cipher do not go together' },
  ERR_CIPHER_NO_KEY: { origin: 'remote', fatal: false, sentence: 'an encrypted frame came before there was a key' },
  ERR_CIPHER_OPEN: { origin: 'remote', fatal: false, sentence: 'a frame does not open: it was changed, or the keys differ' },
  ERR_CIPHER_REPLAY: { origin: 'remote', fatal: false, sentence: 'the first frame of a packet came a second time or far too late' },
  ERR_CIPHER_FAILED: { origin: 'remote', fatal: true, sentence: 'a link cannot go on after frames that do not open' },
  ERR_CIPHER_PLAINTEXT: { origin: 'remote', fatal: true, sentence: 'a plain frame came where only sealed ones are allowed' },
  ERR_CIPHER_EXHAUSTED: { origin: 'local', fatal: true, sentence: 'the key has sealed as much as it may' },
  ERR_PACKET_SEQUENCE: { origin: 'remote', fatal: false, sentence: 'a frame of the packet is missing or came twice' },
  ERR_PACKET_TERMINATOR: { origin: 'remote', fatal: false, sentence: 'a terminating frame has content' },
  ERR_PACKET_TRUNCATED: { origin: 'remote', fatal: false, sentence: 'the connection ended before the packet did' },
  ERR_PACKET_STALLED: { origin: 'local', fatal: false, sentence: 'nobody read the packet for too long' },
  ERR_PACKET_SLOW: { origin: 'local', fatal: false, sentence: 'the reader of the packet is slower than what comes' },
  ERR_PACKET_TOO_MANY: { origin: 'remote', fatal: true, sentence: 'more packets are in flight than allowed' },
  ERR_PACKET_QUEUE: { origin: 'local', fatal: false, sentence: 'too many packets wait to be sent' },
  ERR_PACKET_PROTOCOL: { origin: 'remote', fatal: true, sentence: 'a frame breaks the rules of the link' },
  ERR_PACKET_BODY: { origin: 'local', fatal: false, sentence: 'the body of a packet is bytes, or an iterable of bytes' },
  ERR_PACKET_EXHAUSTED: { origin: 'local', fatal: true, sentence: 'the link has no nonces left' },
  ERR_PACKET_TOO_LONG: { origin: 'local', fatal: true, sentence: 'the packet has more frames than one packet may have' },
  ERR_PACKET_SOURCE: { origin: 'local', fatal: true, sentence: 'the source of a packet failed, and the wire cannot say so but by closing' },
  ERR_PACKET_CREDIT: { origin: 'remote', fatal: true, sentence: 'more came of a packet, or more packets, than credit was given for' },
  ERR_CONTROL_FLOOD: { origin: 'remote', fatal: true, sentence: 'the other side pings faster than it takes the answers' },
  ERR_CONTROL_NONE: { origin: 'local', fatal: false, sentence: 'this link has no control records: only hardened links have them' },
  ERR_CONTROL_RECORD: { origin: 'remote', fatal: true, sentence: 'a control frame is malformed or of an unknown type' },
  ERR_LINK_GOAWAY: { origin: 'remote', fatal: false, sentence: 'the other side takes no more packets on this link; try another one' },
  ERR_LINK_CLOSING: { origin: 'local', fatal: false, sentence: 'the link is closing and takes no more packets' },
  ERR_LINK_TRUNCATED: { origin: 'remote', fatal: true, sentence: 'the connection ended without the authenticated end of the link' },
  ERR_LINK_CLOSE_TIMEOUT: { origin: 'remote', fatal: true, sentence: 'the other side did not end the link in time' },
  ERR_ROUTED_SHORT: { origin: 'remote', fatal: false, sentence: 'a packet ended before its routing header was whole' },
  ERR_ROUTED_MAGIC: { origin: 'remote', fatal: false, sentence: 'a packet does not start with a routing header' },
  ERR_ROUTED_HEADER: { origin: 'local', fatal: false, sentence: 'a routing header needs two UUIDs of 16 bytes and a kind of 64 bits' }
} as const satisfies ErrorTable

/** Makes an error of {@link NOVA_ERRORS}. */
export const novaError = errorsOf('nova', NOVA_ERRORS)
