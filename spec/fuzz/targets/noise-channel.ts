import { CipherState, NoiseHandshake, noiseFraming, noiseLayer, noiseProtocol, PostQuantumHandshake, type NoiseLayerOptions, type NoiseResult } from '../../../lib/noise/index.js'
import { ignore, Reader, type Bytes } from '../../../lib/stream/index.js'
import { join } from '../../../lib/stream/pieces.js'
import { bytesOf, KEY_ONE, KEY_TWO } from '../../nova/support.js'
import { pattern } from '../../support/sources.js'
import { holds, same, type Target } from '../target.js'
import { RememberingKem } from './noise-kem.js'

/** Handshake messages with their lengths before them, in two bytes or in four. */
export const framing: Target = {
  name: 'noise.framing',
  valid: random => {
    const chosen = random.nat(1)
    const framing = noiseFraming(chosen === 0 ? 2 : 4)
    return join([Uint8Array.of(chosen), ...random.many(4, () => framing.encode(random.content(1000)).subarray())])
  },
  decode: async input => {
    const { chosen, rest } = input.choice(2)
    const framing = noiseFraming(chosen === 0 ? 2 : 4)
    const reader = new Reader(input.source(rest))
    let read = new Uint8Array(0)
    while (read.byteLength < rest.byteLength) read = join([read, framing.encode(await framing.read(reader, undefined)).subarray()]) as Uint8Array<ArrayBuffer>
    same('written again', read, rest)
  },
  codes: ['ERR_TRUNCATED', 'ERR_NOISE_MESSAGE_SIZE'],
  first: [],
  edges: [65_535],
  largest: bytes => 16_384 + 4 * bytes,
  total: bytes => 32 * (16_384 + 4 * bytes)
}

const PLAIN = pattern(5000)
const OPTIONS: readonly NoiseLayerOptions[] = [
  { end: 'authenticated' },
  { end: 'authenticated', lengthBytes: 2, rekeyAfter: 2 },
  { end: 'unauthenticated', rekeyAfter: 3 },
  { lengthBytes: 2, manualRekey: true }
]

/** One end of a connection whose keys are known. */
function end (seal: Uint8Array, open: Uint8Array): NoiseResult {
  const { cipher } = noiseProtocol('Noise_NN_25519_ChaChaPoly_BLAKE2s')
  return {
    role: 'initiator', oneWay: undefined, send: new CipherState(cipher, seal), receive: new CipherState(cipher, open),
    sendKey: new Uint8Array(32), receiveKey: new Uint8Array(32), handshakeHash: new Uint8Array(32), remoteStatic: undefined
  }
}

const SALT = 8

/** The key of one encoding: two of them under one key, of which a splice is made, would open as one stream that nobody sent. */
function salted (key: Uint8Array, salt: Uint8Array): Uint8Array {
  const own = key.slice()
  own.set(salt)
  return own
}

/** The layer of a channel, after a salt of its keys: what it gives out is the beginning of what was sent. */
export const layer: Target = {
  name: 'noise.layer',
  backends: true,
  valid: async random => {
    const chosen = random.nat(OPTIONS.length - 1)
    let at = 0
    const writes = random.many(5, () => PLAIN.subarray(at, at += random.nat(random.nat(9) === 0 ? 900 : 60)))
    // an item a turn, so that each is a message of its own
    async function * source (): AsyncGenerator<Bytes> {
      for (const write of writes) {
        yield write
        await new Promise(setImmediate)
      }
    }
    const salt = random.bytes(SALT)
    return join([Uint8Array.of(chosen), salt, await bytesOf(noiseLayer(end(salted(KEY_ONE, salt), salted(KEY_TWO, salt)), OPTIONS[chosen]).outbound(source()))])
  },
  decode: async input => {
    const { chosen, rest } = input.choice(OPTIONS.length)
    const salt = rest.subarray(0, SALT)
    let got = 0
    for await (const piece of noiseLayer(end(salted(KEY_TWO, salt), salted(KEY_ONE, salt)), OPTIONS[chosen]).inbound(input.source(rest.subarray(SALT)))) {
      same('what was sent', piece, PLAIN.subarray(got, got + piece.byteLength))
      got += piece.byteLength
    }
  },
  codes: ['ERR_NOISE_AUTH', 'ERR_NOISE_MESSAGE_SIZE', 'ERR_NOISE_TRUNCATED', 'ERR_NOISE_UNAUTHENTICATED_END', 'ERR_TRUNCATED'],
  first: ['ERR_NOISE_MESSAGE_SIZE', 'ERR_NOISE_TRUNCATED'],
  edges: [16, 65_535],
  largest: bytes => 16_384 + 4 * bytes,
  total: bytes => 262_144 + 256 * bytes
}

const SIDES = (['initiator', 'responder'] as const).flatMap(role => (['required', 'offered', 'off'] as const).map(mode => ({ role, mode })))
const kem = new RememberingKem()
const PROTOCOLS = {
  classic: noiseProtocol('Noise_NN_25519_AESGCM_SHA256'),
  hybrid: noiseProtocol('Noise_NNhfs_25519+MLKEM768_AESGCM_SHA256', { kems: [kem] })
}

function choosing ({ role, mode }: typeof SIDES[number]): PostQuantumHandshake<NoiseResult> {
  return new PostQuantumHandshake({ role, mode, make: (hybrid, prologue) => new NoiseHandshake({ role, prologue, protocol: hybrid ? PROTOCOLS.hybrid : PROTOCOLS.classic }) })
}

/** The choice between the hybrid pattern and the classic one: a side u8, then what it reads, each with a length u16 before it. */
export const choice: Target = {
  name: 'noise.post-quantum',
  backends: true,
  valid: async random => {
    const chosen = random.nat(SIDES.length - 1)
    const side = SIDES[chosen] as typeof SIDES[number]
    const [ours, theirs] = [choosing(side), choosing({ role: side.role === 'initiator' ? 'responder' : 'initiator', mode: random.pick(['required', 'offered', 'off']) })]
    const come: Uint8Array[] = []
    const talk = async (): Promise<void> => {
      while (ours.turn !== 'done') {
        if (ours.turn === 'write') {
          await theirs.read(await ours.write())
          continue
        }
        const message = await theirs.write()
        come.push(Uint8Array.of(message.byteLength >> 8, message.byteLength), message)
        await ours.read(message)
      }
    }
    // modes that do not come together are inputs too
    await talk().catch(ignore)
    return join([Uint8Array.of(chosen), ...come])
  },
  decode: async input => {
    const { chosen, rest } = input.choice(SIDES.length)
    const side = SIDES[chosen] as typeof SIDES[number]
    const handshake = choosing(side)
    for (let at = 0; at < rest.byteLength && handshake.turn !== 'done';) {
      if (handshake.turn === 'write') {
        await handshake.write()
        continue
      }
      const length = (rest[at] as number) * 256 + (rest[at + 1] ?? 0)
      await handshake.read(rest.subarray(at + 2, at + 2 + length))
      at += 2 + length
    }
    if (handshake.turn !== 'done') return false
    holds('the mode', side.mode === 'offered' || handshake.hybrid === (side.mode === 'required'))
    handshake.result()
    return true
  },
  codes: ['ERR_NOISE_NEGOTIATION', 'ERR_NOISE_AUTH', 'ERR_NOISE_TRUNCATED', 'ERR_NOISE_KEM', 'ERR_NOISE_LOW_ORDER'],
  first: ['ERR_NOISE_NEGOTIATION', 'ERR_NOISE_TRUNCATED'],
  edges: [1, 32, 1216],
  largest: bytes => 8192 + 4 * bytes,
  total: bytes => 4_194_304 + 64 * bytes
}
