import { decodeOffer, encodeOffer, PACKETS_BOUNDS, WINDOW_BOUNDS } from '../../../lib/nova/handshake-offer.js'
import { crypto } from '../../../lib/crypto/index.js'
import { encodeGreeting, readGreeting } from '../../../lib/nova/greeting.js'
import { HardenedHandshake, hopFraming, identityFromSeed, importIdentity, SeedHandshake, verifyProof, type Identity } from '../../../lib/nova/index.js'
import type { Kem } from '../../../lib/noise/index.js'
import { Reader, type Handshake } from '../../../lib/stream/index.js'
import { join } from '../../../lib/stream/pieces.js'
import { holds, same, type Target } from '../target.js'
import { RememberingKem } from './noise-kem.js'

const HANDSHAKE_CODES = ['ERR_HANDSHAKE_MESSAGE', 'ERR_NOISE_AUTH', 'ERR_NOISE_LOW_ORDER', 'ERR_HANDSHAKE_VERSION', 'ERR_HANDSHAKE_OFFER']

/** The 13 bytes of an offer; of another length they never get there. */
export const offer: Target = {
  name: 'nova.handshake.offer',
  valid: random => encodeOffer({ features: random.nat(2 ** 32 - 1), window: 256 + random.nat(2 ** 31 - 256), maxPackets: 1 + random.nat(65_535) }),
  decode: input => {
    const read = decodeOffer(input.bytes)
    holds('a window within its bounds', read.window >= WINDOW_BOUNDS.min && read.window <= WINDOW_BOUNDS.max)
    holds('packets within their bounds', read.maxPackets >= PACKETS_BOUNDS.min && read.maxPackets <= PACKETS_BOUNDS.max)
    same('written again', encodeOffer(read), input.bytes)
  },
  codes: ['ERR_SHORT_INPUT', 'ERR_TRAILING_BYTES', 'ERR_HANDSHAKE_VERSION', 'ERR_HANDSHAKE_OFFER'],
  first: ['ERR_SHORT_INPUT', 'ERR_TRAILING_BYTES'],
  edges: [1, 256, 65_536, 2 ** 31],
  largest: () => 64
}

/** A hello of the seed, at either end. */
export const seed: Target = {
  name: 'nova.handshake.seed',
  backends: true,
  // some of low order, and the first key that is drawn, which is the decoder's own
  valid: random => join([Uint8Array.of(random.nat(255)), random.pick([() => new Uint8Array(32).fill(random.nat(1)), () => crypto.x25519().publicKey, () => identityOf(random.nat(3)).staticKey.publicKey])()]),
  decode: input => {
    const { chosen, rest } = input.choice(2)
    const handshake = new SeedHandshake({ role: chosen === 0 ? 'initiator' : 'responder' })
    if (chosen === 0) handshake.write()
    handshake.read(rest)
    if (chosen === 1) handshake.write()
    holds('a key of 32 bytes', handshake.result().key.byteLength === 32)
  },
  codes: ['ERR_HANDSHAKE_MESSAGE', 'ERR_HANDSHAKE_LOW_ORDER', 'ERR_HANDSHAKE_REFLECTED'],
  first: ['ERR_HANDSHAKE_MESSAGE'],
  edges: [32],
  largest: bytes => 4096 + bytes,
  total: () => 262_144
}

const identities = new Map<number, Identity>()

function identityOf (number: number): Identity {
  const known = identities.get(number)
  if (known !== undefined) return known
  const made = identityFromSeed(new Uint8Array(32).fill(number + 50))
  identities.set(number, made)
  return made
}

/** The ends of a handshake, and which message is the one that is fuzzed. */
const STAGES = [
  { pinned: false, messages: 0 }, { pinned: false, messages: 1 }, { pinned: false, messages: 2 },
  { pinned: true, messages: 0 }, { pinned: true, messages: 1 }
] as const

interface Stage {
  readonly pinned: boolean
  readonly messages: number
  readonly kem: Kem | undefined
  /** The messages before, kept so that the other end need not write them again for each input. */
  readonly before: Uint8Array[]
}

function end ({ pinned, kem }: Stage, role: 'initiator' | 'responder', claims: Partial<Identity> = {}): HardenedHandshake {
  const [one, two] = [identityOf(0), identityOf(1)]
  const identity = { ...shown(role === 'initiator' ? one : two), ...claims }
  return new HardenedHandshake({ role, kem, identity, verify: () => true, pinnedStatic: pinned && role === 'initiator' ? two.staticKey.publicKey : undefined })
}

/** Who writes the message of a stage, at its turn; it can be somebody without a proof of their own. */
async function writerOf (stage: Stage, claims: Partial<Identity> = {}): Promise<Handshake<unknown>> {
  const initiates = stage.messages % 2 === 0
  let [writer, reader]: [Handshake<unknown>, Handshake<unknown>] = [end(stage, 'initiator', initiates ? claims : {}), end(stage, 'responder', initiates ? {} : claims)]
  for (let message = 0; message < stage.messages; message++) {
    const written = await writer.write()
    stage.before[message] = new Uint8Array(written)
    await reader.read(written)
    ;[writer, reader] = [reader, writer]
  }
  return writer
}

/** Who reads the message of a stage, having written and read those before it. */
async function readerOf (stage: Stage): Promise<Handshake<unknown>> {
  const initiates = stage.messages % 2 === 1
  // the initiator has drawn the first key
  if (!initiates && stage.messages > 0) crypto.x25519()
  const reader: Handshake<unknown> = end(stage, initiates ? 'initiator' : 'responder')
  for (const message of stage.before) {
    if (reader.turn === 'write') await reader.write()
    else await reader.read(message)
  }
  return reader
}

/** An identity as a plain object. */
function shown ({ id, publicKey, staticKey, proof, sign, exportPrivate, destroy }: Identity): Identity {
  return { id, publicKey, staticKey, proof, sign, exportPrivate, destroy }
}

/** Each message of XX and of IK, without and with the KEM, at the end that reads it; the first byte says which. */
function handshakes (name: string, kems: ReadonlyArray<Kem | undefined>): Target {
  const stages = kems.flatMap(kem => STAGES.map((stage): Stage => ({ ...stage, kem, before: [] })))
  return {
    name,
    backends: true,
    valid: async random => {
      const chosen = random.nat(stages.length - 1)
      const writer = await writerOf(stages[chosen] as Stage, random.nat(19) === 0 ? { proof: identityOf(2).proof } : {})
      const message = await writer.write()
      // a key of low order
      if (random.nat(19) === 0) message.fill(0, 0, 32)
      return join([Uint8Array.of(chosen), message])
    },
    decode: async input => {
      const { chosen, rest } = input.choice(stages.length)
      const reader = await readerOf(stages[chosen] as Stage)
      await reader.read(rest)
      if (reader.turn === 'write') await reader.write()
    },
    codes: [...HANDSHAKE_CODES, 'ERR_NOISE_KEM', 'ERR_NOISE_TRUNCATED', 'ERR_IDENTITY_PROOF'],
    first: ['ERR_HANDSHAKE_MESSAGE', 'ERR_NOISE_TRUNCATED'],
    edges: [32, 45, 213, 1184, 1229],
    largest: bytes => 8192 + 4 * bytes,
    total: () => 4_194_304
  }
}

export const hardened = handshakes('nova.handshake.hardened', [undefined, new RememberingKem()])

/** Handshake messages as plain frames on a hop. */
export const hop: Target = {
  name: 'nova.hop-framing',
  valid: random => {
    const framing = hopFraming()
    return join(random.many(4, () => framing.encode(random.content(4096)).subarray()))
  },
  decode: async input => {
    const reader = new Reader(input.source())
    const framing = hopFraming()
    const again = hopFraming()
    const read: Uint8Array[] = []
    const length = (): number => read.reduce((sum, piece) => sum + piece.byteLength, 0)
    while (length() < input.bytes.byteLength) read.push(again.encode(await framing.read(reader, undefined)).slice())
    same('written again', join(read), input.bytes)
  },
  codes: ['ERR_FRAME_MAGIC', 'ERR_FRAME_SIZE', 'ERR_FRAME_FLAG', 'ERR_PACKET_PROTOCOL', 'ERR_TRUNCATED'],
  first: ['ERR_FRAME_MAGIC'],
  edges: [4096],
  largest: bytes => 16_384 + 4 * bytes,
  total: bytes => 64 * (16_384 + 4 * bytes)
}

/** A handshake packet between peers. */
export const greeting: Target = {
  name: 'nova.greeting',
  valid: random => encodeGreeting({ step: 1 + random.nat(2), attempt: random.bytes(8), message: random.content(4200) }),
  decode: async input => {
    same('written again', encodeGreeting(await readGreeting(input.source())), input.bytes)
  },
  codes: ['ERR_PEER_GREETING'],
  first: [],
  edges: [9, 4096],
  largest: bytes => 16_384 + bytes
}

/** What a peer proves itself with, and what an identity is stored as. */
export const identity: Target = {
  name: 'nova.identity',
  backends: true,
  valid: random => {
    const known = identityOf(random.nat(20))
    return random.nat(2) === 0 ? known.exportPrivate() : join([known.staticKey.publicKey, known.proof])
  },
  decode: input => {
    if (input.bytes.byteLength < 100) {
      same('stored again', importIdentity(input.bytes).exportPrivate(), input.bytes)
      return
    }
    const peer = verifyProof(input.bytes.subarray(0, 32), input.bytes.subarray(32))
    same('the proof', peer.proof, input.bytes.subarray(32))
  },
  codes: ['ERR_IDENTITY_PROOF', 'ERR_IDENTITY_STORED'],
  first: [],
  edges: [1, 65, 96],
  largest: bytes => 4096 + bytes,
  total: () => 1_048_576
}
