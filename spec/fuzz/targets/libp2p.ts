import { decodePayload, encodePayload } from '../../../lib/libp2p/noise-payload.js'
import { holds, type Target } from '../target.js'

const NAMES = ['/yamux/1.0.0', '/mplex/6.7.0', '', '/hushwire']

/** The payload of libp2p's Noise handshake. What is decoded is decoded to the same again from its own encoding. */
export const payload: Target = {
  name: 'libp2p.payload',
  valid: random => encodePayload({
    identityKey: random.content(300),
    identitySignature: random.content(600),
    extensions: { streamMuxers: random.many(4, () => random.pick(NAMES)) }
  }),
  decode: input => {
    const decoded = decodePayload(input.bytes)
    const again = decodePayload(encodePayload(decoded))
    holds('the same key', Buffer.compare(again.identityKey, decoded.identityKey) === 0)
    holds('the same signature', Buffer.compare(again.identitySignature, decoded.identitySignature) === 0)
    holds('the same muxers', again.extensions.streamMuxers.join('\n') === decoded.extensions.streamMuxers.join('\n'))
  },
  codes: ['ERR_LIBP2P_PAYLOAD'],
  first: [],
  edges: [15, 64, 127, 128],
  largest: bytes => 4096 + 4 * bytes
}
