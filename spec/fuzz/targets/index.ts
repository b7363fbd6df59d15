import type { Target } from '../target.js'
import * as bytes from './bytes.js'
import * as crypto from './crypto.js'
import * as ctr from './ctr.js'
import * as frames from './frames.js'
import * as handshake from './handshake.js'
import * as libp2p from './libp2p.js'
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

/** Every decoder, in the order of the data. */
export const targets: readonly Target[] = [
  bytes.schema, bytes.hex, bytes.uuid,
  stream.reader, stream.collecting,
  transport.messages,
  crypto.aead, crypto.agreement,
  zlib.stream, zlib.whole,
  noise.protocol, noise.handshake, noise.transport,
  noiseChannel.framing, noiseChannel.choice, noiseChannel.layer,
  frames.header, frames.stream, frames.seedCipher, frames.maskedCipher, frames.hardenedCipher, frames.control,
  packets.seedPackets, packets.failingPackets, packets.hardenedPackets, packets.packetLink, packets.routedLink, packets.routedHeader,
  session.seedSession, session.hardenedSession,
  handshake.offer, handshake.seed, handshake.hardened, handshake.hop, handshake.greeting, handshake.identity,
  peers.hub, relay.messages, relay.lookups,
  ctr.header, ctr.opener, ctr.layer, ctr.exchange,
  libp2p.payload, libp2p.identity, libp2p.inbound,
  muxer.records, muxer.connection
]
