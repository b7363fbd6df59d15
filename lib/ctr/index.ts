/**
 * CTR peer frames: two peers with a secret agreed beforehand, over any stream of bytes. In the order of the data: secrets, the
 * nonce of a connection, frames, the layer, the peer. What it is good for and what not: docs/ctr.md.
 *
 * @module ctr
 */
export { BLOCK_BYTES, connectionBlock, HALF_BYTES, MIN_SECRET_BYTES, NONCE_BYTES, rotatedHalf, sharedBlock, type CtrRole } from './secrets.js'
export { SharedBlock, type TakenHalves } from './shared-block.js'
export { exchangeNonces, NonceExchange, type NonceExchangeOptions } from './exchange.js'
export { decodeHeader, encodeHeader, HEADER_BYTES, type CtrFrame, type CtrHeader } from './frame.js'
export { MAC_BYTES, MacChain, STATE_BYTES } from './mac-chain.js'
export { ROTATE_EVERY, type DirectionOptions } from './direction.js'
export { FrameSealer } from './sealer.js'
export { FrameOpener, MAX_PAYLOAD, type OpenerOptions } from './opener.js'
export { CTR_FRAMES_LIMITS, ctrFrames, type CtrEnd, type CtrFramesLimits, type CtrFramesOptions, type CtrLayer, type CtrOptions } from './layer.js'
export type { CtrState } from './turns.js'
export { CTR_PEER_LIMITS, ctrPeer, type CtrPeer, type CtrPeerLimits, type CtrPeerOptions } from './peer.js'
export type { Received, ReceivedFrame, ReceiveOptions } from './receiving.js'
export type { SendBody } from './sending.js'
export { CTR_ERRORS } from './errors.js'
