import { CipherState, NoiseHandshake, noiseProtocol, PATTERNS, type Role } from '../../../lib/noise/index.js'
import { crypto } from '../../../lib/crypto/index.js'
import { join } from '../../../lib/stream/pieces.js'
import { KEY_ONE } from '../../nova/support.js'
import { same, holds, type Target } from '../target.js'

const latin = new TextDecoder('latin1')
const ascii = new TextEncoder()
const NAMES = Object.keys(PATTERNS)
const CIPHERS = ['AESGCM', 'ChaChaPoly']

/** The name of a protocol. */
export const protocol: Target = {
  name: 'noise.protocol',
  valid: random => ascii.encode(`Noise_${random.pick(NAMES)}_25519_${random.pick(CIPHERS)}_SHA256`),
  decode: input => {
    const name = latin.decode(input.bytes)
    holds('the name it was given', noiseProtocol(name).name === name)
  },
  codes: ['ERR_NOISE_PROTOCOL'],
  first: [],
  largest: () => 4096
}

/** Messages of one direction under a key, one after another: a length u16 and a message, again and again. */
export const transport: Target = {
  name: 'noise.cipher-state',
  backends: true,
  valid: random => {
    const state = stateOf(random.nat(1) * 0)
    return join([Uint8Array.of(0), ...random.many(4, () => {
      const sealed = join(state.seal(KEY_ONE, [random.content(200)]))
      return join([Uint8Array.of(sealed.byteLength >> 8, sealed.byteLength & 0xff), sealed])
    })])
  },
  decode: input => {
    const { chosen, rest } = input.choice(2)
    const [state, again] = [stateOf(chosen), stateOf(chosen)]
    for (let at = 0; at < rest.byteLength;) {
      const length = (rest[at] as number) * 256 + (rest[at + 1] ?? 0)
      const sealed = rest.subarray(at + 2, at + 2 + length)
      same('sealed again', join(again.seal(KEY_ONE, state.open(KEY_ONE, [...input.chunks(sealed)]))), sealed)
      at += 2 + length
    }
  },
  codes: ['ERR_NOISE_AUTH', 'ERR_NOISE_TRUNCATED'],
  first: ['ERR_NOISE_TRUNCATED'],
  edges: [16, 65_535],
  largest: bytes => 4096 + 4 * bytes,
  total: bytes => 131_072 + 256 * bytes
}

function stateOf (chosen: number): CipherState {
  return new CipherState(noiseProtocol(`Noise_NN_25519_${CIPHERS[chosen] as string}_SHA256`).cipher, KEY_ONE)
}

const keys = { initiator: crypto.x25519(new Uint8Array(32).fill(41)), responder: crypto.x25519(new Uint8Array(32).fill(42)) }

function end (pattern: string, role: Role): NoiseHandshake {
  const protocol = noiseProtocol(`Noise_${pattern}_25519_ChaChaPoly_SHA256`)
  const { initiatorKnown, responderKnown } = protocol.pattern
  const [known, other] = role === 'initiator' ? [responderKnown, 'responder'] as const : [initiatorKnown, 'initiator'] as const
  return new NoiseHandshake({ protocol, role, staticKey: keys[role], remoteStatic: known === true ? keys[other].publicKey : undefined })
}

/** Every message of every pattern, as the end that reads it is handed it. */
const STAGES = Object.entries(PATTERNS).flatMap(([pattern, { messages }]) => messages.map((_, message) => ({ pattern, message })))

function staged (chosen: number): [reader: NoiseHandshake, writer: NoiseHandshake] {
  const { pattern, message } = STAGES[chosen] as typeof STAGES[number]
  let [writer, reader] = [end(pattern, 'initiator'), end(pattern, 'responder')]
  for (let index = 0; index < message; index++) {
    void reader.read(writer.write())
    ;[writer, reader] = [reader, writer]
  }
  return [reader, writer]
}

export const handshake: Target = {
  name: 'noise.handshake',
  backends: true,
  valid: random => {
    const chosen = random.nat(STAGES.length - 1)
    return join([Uint8Array.of(chosen), staged(chosen)[1].write()])
  },
  decode: input => {
    const { chosen, rest } = input.choice(STAGES.length)
    const [reader] = staged(chosen)
    void reader.read(rest)
    if (reader.turn === 'write') reader.write()
    if (reader.turn === 'done') reader.result()
  },
  codes: ['ERR_NOISE_AUTH', 'ERR_NOISE_TRUNCATED', 'ERR_NOISE_LOW_ORDER', 'ERR_NOISE_MESSAGE_SIZE'],
  first: ['ERR_NOISE_TRUNCATED'],
  edges: [32, 48, 65_535],
  largest: bytes => 4096 + 4 * bytes,
  total: bytes => 524_288 + 16 * bytes
}
