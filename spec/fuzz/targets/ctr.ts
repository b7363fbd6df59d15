import { BLOCK_BYTES, ctrFrames, decodeHeader, encodeHeader, FrameOpener, FrameSealer, HALF_BYTES, HEADER_BYTES, NonceExchange, SharedBlock, type CtrFrame } from '../../../lib/ctr/index.js'
import { join } from '../../../lib/stream/pieces.js'
import { pattern } from '../../support/sources.js'
import type { Random } from '../random.js'
import { holds, same, type Target } from '../target.js'

const BLOCK = pattern(BLOCK_BYTES)
const HALF = BLOCK.subarray(0, HALF_BYTES)
const MAX_PAYLOAD = 300
const END = 9
const OPENING = ['ERR_CTR_CHECKSUM', 'ERR_CTR_SEQUENCE', 'ERR_CTR_LENGTH', 'ERR_CTR_MAC', 'ERR_CTR_TRUNCATED', 'ERR_CTR_FIRST_FRAME']

/** The 16 bytes of a header; what is longer or shorter is cut or filled. */
export const header: Target = {
  name: 'ctr.header',
  valid: random => encodeHeader({ length: random.nat(2 ** 32 - 1), code: random.nat(2 ** 32 - 1), sequence: random.nat(2 ** 32 - 1) }),
  decode: input => {
    const bytes = new Uint8Array(HEADER_BYTES)
    bytes.set(input.bytes.subarray(0, HEADER_BYTES))
    const read = decodeHeader(bytes)
    if (read !== undefined) same('written again', encodeHeader(read), bytes)
    return read !== undefined
  },
  codes: [],
  first: [],
  largest: () => HEADER_BYTES
}

/** The bytes of some frames; now and then of one that is out of its turn or too long. */
function wire (random: Random, half: Uint8Array, end: boolean, insecureStandardState: boolean): Uint8Array {
  const sealer = new FrameSealer(half, { rotateEvery: 3, insecureStandardState, firstSequence: random.nat(19) === 0 ? 2 : 1 })
  const frames: CtrFrame[] = random.many(5, () => ({ code: random.nat(END - 1), payload: random.content(random.nat(19) === 0 ? MAX_PAYLOAD + 50 : MAX_PAYLOAD) }))
  if (end) frames.push({ code: END, payload: random.bytes(random.nat(9) === 0 ? 1 : 0) })
  return join(frames.map(frame => sealer.seal(frame).subarray()))
}

/** Frames of one direction, and what opens them: with the chain's own constants where the first byte is odd. */
export const opener: Target = {
  name: 'ctr.opener',
  backends: true,
  valid: random => {
    const insecure = random.nat(1)
    return join([Uint8Array.of(insecure), wire(random, HALF, false, insecure === 1)])
  },
  decode: input => {
    const { chosen, rest } = input.choice(2)
    const options = { rotateEvery: 3, insecureStandardState: chosen === 1 }
    const opener = new FrameOpener(HALF, { ...options, maxPayload: MAX_PAYLOAD })
    const all: CtrFrame[] = []
    for (const chunk of input.chunks(rest)) {
      opener.push(chunk)
      for (let frame = opener.next(); frame !== undefined; frame = opener.next()) {
        holds('a payload within its limit', frame.payload.byteLength <= MAX_PAYLOAD)
        all.push(frame)
      }
      chunk.fill(0xEE)
    }
    opener.end()
    // sealing is a function of half and frame, so only what was sealed can open
    const sealer = new FrameSealer(HALF, options)
    same('sealed again', join(all.map(frame => sealer.seal(frame).subarray())), rest)
  },
  codes: OPENING,
  first: ['ERR_CTR_FIRST_FRAME'],
  edges: [16, MAX_PAYLOAD],
  largest: bytes => 16_384 + 4 * bytes,
  total: bytes => 262_144 + 1024 * bytes
}

/** The layer, with an end that is said where the first byte is odd. */
export const layer: Target = {
  name: 'ctr.frames',
  backends: true,
  valid: random => {
    const end = random.nat(1)
    // now and then the other side has taken our role
    const half = random.nat(19) === 0 ? BLOCK.subarray(HALF_BYTES) : HALF
    return join([Uint8Array.of(end), wire(random, half, end === 1, false)])
  },
  decode: async input => {
    const { chosen, rest } = input.choice(2)
    const layer = ctrFrames({ role: 'bottom', block: new SharedBlock(BLOCK), rotateEvery: 3, endCode: chosen === 1 ? END : undefined, limits: { maxPayload: MAX_PAYLOAD, stallTimeout: 0 } })
    const bytes: number[] = []
    for await (const frame of layer.inbound(input.source(rest))) bytes.push(frame.payload.byteLength)
    holds('the end that was asked for', layer.end === (chosen === 1 ? 'authenticated' : 'unauthenticated'))
  },
  codes: [...OPENING, 'ERR_CTR_SAME_ROLE', 'ERR_CTR_END'],
  first: ['ERR_CTR_FIRST_FRAME', 'ERR_CTR_SAME_ROLE'],
  edges: [16, MAX_PAYLOAD],
  largest: bytes => 16_384 + 4 * bytes,
  total: bytes => 262_144 + 1024 * bytes
}

const NONCE = new Uint8Array(32).fill(5)

/** The nonce of the other side. */
export const exchange: Target = {
  name: 'ctr.exchange',
  backends: true,
  valid: random => random.nat(9) === 0 ? NONCE : random.bytes(32),
  decode: input => {
    const exchange = new NonceExchange({ role: 'top', secret: NONCE, nonce: NONCE })
    exchange.write()
    exchange.read(input.bytes)
    exchange.result()
  },
  codes: ['ERR_CTR_NONCE', 'ERR_CTR_REFLECTED'],
  first: ['ERR_CTR_NONCE'],
  edges: [32],
  largest: bytes => 1024 + bytes,
  total: () => 131_072
}
