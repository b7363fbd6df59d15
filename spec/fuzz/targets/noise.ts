import { crypto } from '../../../lib/crypto/index.js'
import { CipherState, NoiseHandshake, noiseProtocol, PATTERNS, type Kem, type NoiseProtocol, type Role } from '../../../lib/noise/index.js'
import { mlKem768 } from '../../../lib/noise/hybrid.js'
import { join } from '../../../lib/stream/pieces.js'
import { KEY_ONE, KEY_TWO } from '../../nova/support.js'
import { holds, same, type Target } from '../target.js'
import { RememberingKem } from './noise-kem.js'

const latin = new TextDecoder('latin1')
const ascii = new TextEncoder()
const PATTERN_NAMES = Object.keys(PATTERNS)
const CIPHERS = ['AESGCM', 'ChaChaPoly']
const HASHES = ['SHA256', 'SHA512', 'BLAKE2s', 'BLAKE2b']

/** The name of a protocol. */
export const protocol: Target = {
  name: 'noise.protocol',
  valid: random => {
    const pattern = random.pick(PATTERN_NAMES)
    const modifiers = random.many(3, () => random.pick(['hfs', 'psk0', 'psk1', 'psk2', 'psk3'])).sort()
    const agreement = modifiers.includes('hfs') ? '25519+MLKEM768' : '25519'
    return ascii.encode(`Noise_${pattern}${modifiers.join('+')}_${agreement}_${random.pick(CIPHERS)}_${random.pick(HASHES)}`)
  },
  decode: input => {
    const name = latin.decode(input.bytes)
    const { pattern, kem, name: read } = noiseProtocol(name, { kems: [mlKem768] })
    holds('the name it was given', read === name)
    holds('a KEM exactly where there is hfs', pattern.messages.flat().includes('e1') === (kem !== undefined))
  },
  codes: ['ERR_NOISE_PROTOCOL'],
  first: [],
  largest: () => 4096
}

/** Messages of one direction under a key, one after another: a cipher u8, then a length u16 and a message, again and again. */
export const transport: Target = {
  name: 'noise.cipher-state',
  backends: true,
  valid: random => {
    const chosen = random.nat(1)
    const state = stateOf(chosen)
    return join([Uint8Array.of(chosen), ...random.many(4, () => {
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

const statics = { initiator: crypto.x25519(new Uint8Array(32).fill(41)), responder: crypto.x25519(new Uint8Array(32).fill(42)) }

/** Not drawn, so that an end does the same whether the other one is there or not. */
const EPHEMERALS = { initiator: new Uint8Array(32).fill(43), responder: new Uint8Array(32).fill(44) }

/** One message of a pattern, as the end that reads it is handed it. */
interface Stage {
  readonly protocol: NoiseProtocol
  readonly message: number
  /** The messages before it, kept so that the other end need not write them again for each input. */
  readonly before: Uint8Array[]
}

function stagesOf (names: readonly string[], kems: readonly Kem[] = []): Stage[] {
  return names.flatMap(name => {
    const protocol = noiseProtocol(name, { kems })
    return protocol.pattern.messages.map((_, message) => ({ protocol, message, before: [] }))
  })
}

function end (protocol: NoiseProtocol, role: Role): NoiseHandshake {
  const { initiatorKnown, responderKnown, messages } = protocol.pattern
  const [known, other] = role === 'initiator' ? [responderKnown, 'responder'] as const : [initiatorKnown, 'initiator'] as const
  const psks = messages.flat().filter(token => token === 'psk').map(() => KEY_TWO)
  return new NoiseHandshake({ protocol, role, psks, staticKey: statics[role], ephemeral: crypto.x25519(EPHEMERALS[role]), remoteStatic: known === true ? statics[other].publicKey : undefined })
}

/** Who writes the message, at its turn. */
async function writerOf ({ protocol, message, before }: Stage): Promise<NoiseHandshake> {
  let [writer, reader] = [end(protocol, 'initiator'), end(protocol, 'responder')]
  for (let index = 0; index < message; index++) {
    const written = writer.write()
    before[index] = new Uint8Array(written)
    await reader.read(written)
    ;[writer, reader] = [reader, writer]
  }
  return writer
}

/** Who reads the message, having written and read those before it. */
async function readerOf (stage: Stage): Promise<NoiseHandshake> {
  if (stage.before.length < stage.message) await writerOf(stage)
  const reader = end(stage.protocol, stage.message % 2 === 0 ? 'responder' : 'initiator')
  for (const message of stage.before) {
    if (reader.turn === 'write') reader.write()
    else await reader.read(message)
  }
  return reader
}

/** Every message of these protocols; the first byte says which. */
function handshakes (name: string, stages: readonly Stage[], more: Pick<Target, 'codes' | 'total'> & { longest: number }): Target {
  return {
    name,
    backends: true,
    valid: async random => {
      const chosen = random.nat(stages.length - 1)
      const writer = await writerOf(stages[chosen] as Stage)
      const message = random.nat(127) === 0 ? new Uint8Array(65_536) : writer.write()
      // a key of low order
      if (random.nat(19) === 0) message.fill(0, 0, 32)
      return join([Uint8Array.of(chosen), message])
    },
    decode: async input => {
      const { chosen, rest } = input.choice(stages.length)
      const reader = await readerOf(stages[chosen] as Stage)
      await reader.read(rest)
      if (reader.turn === 'write') reader.write()
      if (reader.turn === 'done') reader.result()
    },
    codes: [...more.codes, 'ERR_NOISE_AUTH', 'ERR_NOISE_TRUNCATED', 'ERR_NOISE_LOW_ORDER', 'ERR_NOISE_MESSAGE_SIZE'],
    first: ['ERR_NOISE_TRUNCATED', 'ERR_NOISE_MESSAGE_SIZE'],
    edges: [32, 48, more.longest],
    largest: bytes => 8192 + 4 * bytes,
    total: more.total
  }
}

const SUITES = CIPHERS.flatMap(cipher => HASHES.map(hash => `${cipher}_${hash}`))
const WITH_PSK = ['NNpsk0', 'NNpsk2', 'NKpsk0+psk2', 'XXpsk3', 'IKpsk1', 'KKpsk0', 'Npsk0', 'Xpsk1']
const NAMES = [...PATTERN_NAMES, ...WITH_PSK].map((pattern, index) => `Noise_${pattern}_25519_${SUITES[index % SUITES.length] as string}`)

const HYBRID = ['NNhfs', 'XXhfs', 'IKhfs', 'KKhfs+psk0'].map((pattern, index) => `Noise_${pattern}_25519+MLKEM768_${SUITES[index % SUITES.length] as string}`)

/** Every fundamental pattern, some with pre-shared keys and some with hybrid forward secrecy, over all ciphers and hashes. */
export const handshake = handshakes('noise.handshake', [...stagesOf(NAMES), ...stagesOf(HYBRID, [new RememberingKem()])], {
  codes: ['ERR_NOISE_KEM'],
  longest: 1184,
  total: bytes => 4_194_304 + 64 * bytes
})
