import test, { type ExecutionContext } from 'ava'
import { fromHex, toHex } from '../../lib/bytes/index.js'
import { crypto, type AgreementKey } from '../../lib/crypto/index.js'
import { NoiseHandshake, noiseProtocol, PATTERNS, type CipherState, type NoiseProtocol, type NoiseResult } from '../../lib/noise/index.js'
import { join } from '../../lib/stream/index.js'
import { vectorTest } from '../support/vectors.js'

/** One vector in either form: with a list of messages, or with `msg_N_…` members (flynn). */
interface Vector {
  protocol_name?: string
  handshake?: string
  init_prologue?: string
  resp_prologue?: string
  prologue?: string
  init_static?: string
  resp_static?: string
  init_remote_static?: string
  resp_remote_static?: string
  init_ephemeral?: string
  resp_ephemeral?: string
  gen_init_ephemeral?: string
  gen_resp_ephemeral?: string
  handshake_hash?: string
  messages?: Message[]
  [member: `msg_${string}`]: string | undefined
}
interface Message { payload: string, ciphertext: string }

const FILES = ['noise-snow/snow.25519.json', 'noise-cacophony/cacophony.25519.json', 'noise-flynn/flynn.25519.json', 'noise-XX.25519.json']
const EMPTY = new Uint8Array(0)

for (const file of FILES) {
  vectorTest(`vectors of ${file}`, `third-party/${file}`, (t, data: { vectors: Vector[] }) => {
    const passed = new Map<string, number>()
    const leftOut = new Map<string, number>()
    for (const vector of data.vectors) {
      const name = vector.protocol_name ?? vector.handshake ?? ''
      const protocol = covered(name)
      if (protocol === undefined) {
        count(leftOut, reasonOf(name))
      } else {
        run(t, vector, protocol)
        count(passed, name)
      }
    }
    for (const name of ['XX', 'IK', 'X'].filter(name => file !== 'noise-XX.25519.json' || name === 'XX')) {
      for (const cipher of ['AESGCM', 'ChaChaPoly']) {
        t.true((passed.get(`Noise_${name}_25519_${cipher}_SHA256`) ?? 0) > 0, `${name} ${cipher}`)
      }
    }
    t.log(`passed ${[...passed.values()].reduce((a, b) => a + b, 0)}: ${[...passed].map(([name, n]) => `${name} ${n}`).join(', ')}`)
    t.log(`left out: ${[...leftOut].map(([reason, n]) => `${reason} ${n}`).join(', ')}`)
  })
}

test('the table has the patterns of the framework, each of its tokens once', t => {
  t.deepEqual(Object.keys(PATTERNS).sort(), ['IK', 'IN', 'IX', 'K', 'KK', 'KN', 'KX', 'N', 'NK', 'NN', 'NX', 'X', 'XK', 'XN', 'XX'])
  for (const { messages } of Object.values(PATTERNS)) {
    const agreements = messages.flat().filter(token => token.length === 2)
    t.is(new Set(agreements).size, agreements.length)
  }
})

function count (map: Map<string, number>, key: string): void {
  map.set(key, (map.get(key) ?? 0) + 1)
}

function covered (name: string): NoiseProtocol | undefined {
  try {
    return noiseProtocol(name)
  } catch {
    return undefined
  }
}

function reasonOf (name: string): string {
  const [, pattern = '', , , hash = ''] = name.split('_')
  if (pattern.includes('psk') || name.startsWith('NoisePSK')) return `psk × ${hash}`
  return Object.hasOwn(PATTERNS, pattern) ? `fundamental × ${hash}` : `pattern ${pattern} × ${hash}`
}

function messagesOf (vector: Vector): Message[] {
  if (vector.messages !== undefined) return vector.messages
  const messages: Message[] = []
  for (let at = 0; vector[`msg_${at}_ciphertext`] !== undefined; at++) {
    messages.push({ payload: vector[`msg_${at}_payload`] ?? '', ciphertext: vector[`msg_${at}_ciphertext`] ?? '' })
  }
  return messages
}

function run (t: ExecutionContext, vector: Vector, protocol: NoiseProtocol): void {
  const messages = messagesOf(vector)
  const { pattern: { messages: pattern, ...known } } = protocol
  const key = (hex: string | undefined): AgreementKey | undefined => hex === undefined ? undefined : crypto.x25519(fromHex(hex))
  const publicOf = (hex: string | undefined, pair: AgreementKey | undefined): Uint8Array | undefined => hex === undefined ? pair?.publicKey : fromHex(hex)
  const initiatorStatic = key(vector.init_static)
  const responderStatic = key(vector.resp_static)
  const payload = ({ message }: { message: number }): Uint8Array => fromHex(messages[message]?.payload ?? '')
  const received = (bytes: Uint8Array, { message }: { message: number }): void => { t.is(toHex(bytes), messages[message]?.payload ?? '') }
  const initiator = new NoiseHandshake({
    protocol, payload, received, role: 'initiator',
    prologue: fromHex(vector.init_prologue ?? vector.prologue ?? ''),
    staticKey: initiatorStatic,
    remoteStatic: 'responderKnown' in known ? publicOf(vector.init_remote_static, responderStatic) : undefined,
    ephemeral: key(vector.init_ephemeral ?? vector.gen_init_ephemeral)
  })
  const responder = new NoiseHandshake({
    protocol, payload, received, role: 'responder',
    prologue: fromHex(vector.resp_prologue ?? vector.prologue ?? ''),
    staticKey: responderStatic,
    remoteStatic: 'initiatorKnown' in known ? publicOf(vector.resp_remote_static, initiatorStatic) : undefined,
    ephemeral: key(vector.resp_ephemeral ?? vector.gen_resp_ephemeral)
  })
  pattern.forEach((_, index) => {
    const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator]
    t.is(writer.turn, 'write')
    const message = writer.write()
    t.is(toHex(message), messages[index]?.ciphertext ?? '', `${protocol.name} message ${index}`)
    t.is(reader.read(message), undefined)
  })
  t.is(initiator.turn, 'done')
  transport(t, vector, pattern.length, initiator.result(), responder.result())
  if (vector.handshake_hash !== undefined) t.is(toHex(initiator.result().handshakeHash), vector.handshake_hash)
  t.deepEqual(initiator.result().handshakeHash, responder.result().handshakeHash)
  t.deepEqual(initiator.result().remoteStatic, responderStatic?.publicKey)
  t.deepEqual(responder.result().remoteStatic, initiatorStatic?.publicKey)
}

/** The messages after the handshake: in turns, or all the initiator's where the pattern is one-way. flynn's begin with the initiator always. */
function transport (t: ExecutionContext, vector: Vector, from: number, initiator: NoiseResult, responder: NoiseResult): void {
  const messages = messagesOf(vector)
  const first = vector.handshake === undefined ? 0 : from
  t.true(messages.length > from, 'the vector has transport messages')
  for (let at = from; at < messages.length; at++) {
    // flynn seals this one backward, under the key that section 7.4 forbids
    if (vector.handshake !== undefined && from === 1 && at > 1) break
    const { payload, ciphertext } = messages[at] as Message
    const forward = from === 1 || (at - first) % 2 === 0
    const [send, receive]: [CipherState, CipherState] = forward ? [initiator.send, responder.receive] : [responder.send, initiator.receive]
    t.is(toHex(join(send.seal(EMPTY, [fromHex(payload)]))), ciphertext)
    t.is(toHex(join(receive.open(EMPTY, [fromHex(ciphertext)]))), payload)
  }
}
