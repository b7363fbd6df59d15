import type { Target } from '../target.js'
import * as bytes from './bytes.js'
import * as chat from './chat.js'
import * as crypto from './crypto.js'
import * as ctr from './ctr.js'
import * as frames from './frames.js'
import * as handshake from './handshake.js'
import * as libp2p from './libp2p.js'
import * as mail from './mail.js'
import * as muxer from './muxer.js'
import * as noiseChannel from './noise-channel.js'
import * as noise from './noise.js'
import * as packets from './packets.js'
import * as peers from './peers.js'
import * as relay from './relay.js'
import * as session from './session.js'
import * as stream from './stream.js'
import * as transport from './transport.js'
import * as zlib from './zlib.js'

/** A decoder and the file that it is in: its worker loads no other. */
interface Entry {
  readonly file: string
  readonly target: Target
}

/** Every decoder, in the order of the data. */
export const targets: readonly Entry[] = [
  ...of('bytes', bytes.schema, bytes.hex, bytes.uuid),
  ...of('stream', stream.reader, stream.collecting),
  ...of('transport', transport.messages),
  ...of('crypto', crypto.aead, crypto.agreement),
  ...of('zlib', zlib.stream, zlib.whole),
  ...of('noise', noise.protocol, noise.handshake, noise.transport),
  ...of('noise-channel', noiseChannel.framing, noiseChannel.choice, noiseChannel.layer),
  ...of('frames', frames.header, frames.stream, frames.seedCipher, frames.maskedCipher, frames.hardenedCipher, frames.control),
  ...of('packets', packets.seedPackets, packets.failingPackets, packets.hardenedPackets, packets.packetLink, packets.routedLink, packets.routedHeader),
  ...of('session', session.seedSession, session.hardenedSession),
  ...of('mail', mail.body, mail.prekeys),
  ...of('handshake', handshake.offer, handshake.seed, handshake.hardened, handshake.hop, handshake.greeting, handshake.identity),
  ...of('peers', peers.hub),
  ...of('relay', relay.messages),
  ...of('chat', chat.message),
  ...of('ctr', ctr.header, ctr.opener, ctr.layer, ctr.exchange),
  ...of('libp2p', libp2p.payload, libp2p.identity, libp2p.inbound),
  ...of('muxer', muxer.records, muxer.connection)
]

function of (file: string, ...targets: Target[]): Entry[] {
  return targets.map(target => ({ file, target }))
}
