import { cipher, decodeHeader, encodeHeader, frames, HEADER_LENGTH, MAX_FRAME, type CipherOptions, type Frame } from '../../../lib/nova/index.js'
import { CONTROL, decodeRecords, encodeRecords, endsInRekey } from '../../../lib/nova/control.js'
import { join } from '../../../lib/stream/pieces.js'
import { frame, LEFT_KEYS, RIGHT_KEYS, wireOf } from '../../nova/support.js'
import type { Random } from '../random.js'
import { holds, same, type Target } from '../target.js'

const HEADER_CODES = ['ERR_FRAME_MAGIC', 'ERR_FRAME_SIZE', 'ERR_FRAME_FLAG']
const SIZES = [16, HEADER_LENGTH, MAX_FRAME - HEADER_LENGTH, MAX_FRAME]

/** 18 bytes of a header; what is longer or shorter is cut or filled. */
export const header: Target = {
  name: 'nova.header',
  valid: random => encodeHeader({ packetNonce: random.nat(2 ** 32 - 1), frameNonce: random.nat(2 ** 32 - 1), terminating: random.bool(), encrypted: random.bool(), size: random.nat(MAX_FRAME - HEADER_LENGTH) }),
  decode: input => {
    const bytes = new Uint8Array(HEADER_LENGTH)
    bytes.set(input.bytes.subarray(0, HEADER_LENGTH))
    const read = decodeHeader(bytes)
    holds('a size within its bounds', read.size <= MAX_FRAME - HEADER_LENGTH)
    same('written again', encodeHeader(read), bytes)
  },
  codes: HEADER_CODES,
  first: ['ERR_FRAME_MAGIC'],
  edges: SIZES,
  largest: () => HEADER_LENGTH
}

/** Frames of some packets, in an order that a sender might have. */
export function someFrames (random: Random, options: { maxContent?: number, carries?: boolean } = {}): Frame[] {
  const { maxContent = 300, carries = true } = options
  const frames: Frame[] = []
  const open: Array<[packet: number, next: number]> = []
  let packet = 1
  for (let count = random.nat(8); count > 0; count--) {
    if (open.length === 0 || random.nat(2) === 0) open.push([packet++, 1])
    const one = random.pick(open)
    const terminating = random.nat(2) === 0
    const content = terminating && !carries ? undefined : random.bytes(1 + random.nat(random.nat(9) === 0 ? maxContent : 30))
    frames.push(frame(one[0], one[1]++, content, terminating))
    if (terminating) open.splice(open.indexOf(one), 1)
  }
  return frames
}

/** A stream of frames in any chunks. */
export const stream: Target = {
  name: 'nova.frames',
  valid: random => wireOf(someFrames(random, { maxContent: 3000 })),
  decode: async input => {
    const layer = frames()
    const all: Frame[] = []
    for await (const batch of layer.decode()(input.source())) for (const one of batch) all.push({ ...one, content: one.content.map(piece => new Uint8Array(piece)) })
    same('written again', await wireOf(all), input.bytes)
  },
  codes: [...HEADER_CODES, 'ERR_FRAME_TRUNCATED'],
  first: ['ERR_FRAME_MAGIC'],
  edges: SIZES,
  // room for four times of what has come, and what writes it again
  largest: bytes => 4 * bytes + 4096
}

/** The cipher of a hop over its frames. */
function hop (name: string, options: CipherOptions, first: readonly string[], codes: readonly string[]): Target {
  return {
    name,
    backends: true,
    valid: random => wireOf(someFrames(random).flatMap((one, index) => options.sequenced === true && index === 3 ? [frame(0, 1, encodeRecords([{ type: CONTROL.rekey, packetNonce: 0, value: 0 }])), one] : [one]), cipher({ key: LEFT_KEYS, ...options })),
    decode: async input => {
      const opener = cipher({ key: RIGHT_KEYS, ...options })
      const all: Frame[] = []
      let lost = 0
      for await (const batch of opener.open()(frames({ obfuscation: opener.obfuscation }).decode()(input.source()))) {
        for (const one of batch) {
          if ('error' in one) lost++
          else all.push({ ...one, content: one.content.map(piece => new Uint8Array(piece)) })
        }
      }
      holds('frames in a row that do not open', lost < 16 || options.sequenced !== true)
      // sealing is a function of key and frame, so only what was sealed can open
      if (lost === 0 && all.every(one => one.encrypted)) same('sealed again', await wireOf(all, cipher({ key: LEFT_KEYS, ...options })), input.bytes)
    },
    codes,
    first,
    edges: SIZES,
    largest: bytes => 4 * bytes + 4096,
    total: bytes => 131_072 + 256 * bytes
  }
}

const OPENING = [...HEADER_CODES, 'ERR_FRAME_TRUNCATED', 'ERR_CIPHER_FAILED']
export const seedCipher = hop('nova.cipher.seed', { plaintext: 'allow', limits: { maxFailures: 2 } }, ['ERR_FRAME_MAGIC'], OPENING)
export const maskedCipher = hop('nova.cipher.masked', { obfuscate: true, limits: { maxFailures: 2 } }, ['ERR_FRAME_MAGIC'], [...OPENING, 'ERR_CIPHER_PLAINTEXT'])
export const hardenedCipher = hop('nova.cipher.hardened', { sequenced: true }, ['ERR_FRAME_MAGIC'], [...OPENING, 'ERR_CIPHER_PLAINTEXT'])

/** The records of a control frame. */
export const control: Target = {
  name: 'nova.control',
  valid: random => encodeRecords(random.many(5, () => ({ type: random.nat(7), packetNonce: random.nat(2 ** 32 - 1), value: random.nat(9) }))),
  decode: input => {
    const one = frame(0, 1, input.bytes)
    const pieces: Frame = { ...one, content: [...input.chunks()] }
    const rekeys = endsInRekey(pieces)
    const records = decodeRecords(pieces)
    holds('a rekey is the last', records.slice(0, -1).every(({ type }) => type !== CONTROL.rekey))
    holds('a rekey is seen', rekeys === (records.at(-1)?.type === CONTROL.rekey))
    same('written again', encodeRecords(records), join([...input.chunks()]))
  },
  codes: ['ERR_CONTROL_RECORD'],
  first: [],
  edges: [9],
  largest: bytes => bytes + 64
}
