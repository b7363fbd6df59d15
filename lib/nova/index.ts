/**
 * Nova, in the order of the data: frames, cipher, packets, routing, session; identity and handshakes; whole stacks.
 *
 * @module nova
 */
export { frames, FrameDecoder, type FramesLayer, type FramesOptions, type HeaderMasks } from './frames.js'
export { decodeHeader, encodeHeader, HEADER_LENGTH, LAST_NONCE, MAGIC, MAX_FRAME, MAX_PLAINTEXT, TAG_LENGTH, type Frame, type FrameHeader } from './frame.js'
export { cipher, type CipherLayer, type CipherLimits, type CipherOptions, type HopKey, type LostFrame, type OpenedFrame } from './cipher.js'
export { ReplayWindow } from './replay-window.js'
export { packets, type PacketFace, type PacketLimits, type PacketLink, type PacketsOptions } from './packets.js'
export type { Packet } from './incoming-packet.js'
export type { ReceiveLimits, SlowConsumer } from './packet-receiver.js'
export type { PacketSource, SendOptions } from './packet-sender.js'
export { HARDENED_RULES, SEED_RULES, type PacketRules } from './packet-rules.js'
export { GOAWAY_CODES } from './control.js'
export { decodeRoutedHeader, encodeRoutedHeader, KIND, RESERVED_KINDS, routed, ROUTED_LENGTH, type RoutedFace, type RoutedHeader, type RoutedLink, type RoutedPacket } from './routed.js'
export { decodeLookupAnswer, decodeLookupRequest, decodeRelayError, encodeLookupAnswer, encodeLookupRequest, encodeRelayError, LOOKUP_ANSWER_BYTES, LOOKUP_REQUEST_BYTES, MAX_RELAY_ERROR_BYTES, notFound, RELAY_CODES, type LookupAnswer, type LookupRequest, type RelayError } from './relay-messages.js'
export { hopFraming, type HopFraming } from './hop-framing.js'
export { createIdentity, identityFromSeed, idOf, importIdentity, PROOF_BYTES, STORED_IDENTITY_BYTES, verifyProof, type Identity, type Peer } from './identity.js'
export { allowlist, checkPeer, memoryTrust, pinned, trustOnFirstUse, type TrustStore, type VerifyPeer } from './verify-peer.js'
export { HardenedHandshake, type HardenedHandshakeOptions, type HopAgreement } from './handshake-hardened.js'
export { OFFER_VERSION, PACKETS_BOUNDS, WINDOW_BOUNDS, type Offer } from './handshake-offer.js'
export { SeedHandshake, type SeedAgreement, type SeedHandshakeOptions } from './handshake-seed.js'
export { stack, type HardenedStackOptions, type NovaLink, type SeedStackOptions, type StackLimits, type StackOptions } from './stack.js'
export { NOVA_ERRORS } from './errors.js'
export { HANDSHAKE_ERRORS } from './handshake-errors.js'
export { IDENTITY_ERRORS } from './identity-errors.js'
