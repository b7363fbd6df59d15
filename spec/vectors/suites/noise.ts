import { strict as assert } from 'node:assert'
import { fromHex, toHex } from '../../../lib/bytes/index.js'
import { crypto, type AgreementKey } from '../../../lib/crypto/index.js'
import { HushwireError } from '../../../lib/index.js'
import { NoiseHandshake, noiseProtocol, type CipherState, type NoiseProtocol, type NoiseResult, type Role } from '../../../lib/noise/index.js'
import { join } from '../../../lib/stream/index.js'
import { sameBytes, section, type Check, type Gap, type Load, type Suite } from '../check.js'

/** One vector in either form: with a list of messages, or with `msg_N_…` members (flynn). */
interface Entry {
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
  init_psks?: string[]
  resp_psks?: string[]
  /** The one of flynn's vectors, whatever the pattern makes of it. */
  preshared_key?: string
  messages?: Message[]
  [member: `msg_${string}`]: string | undefined
}
interface Message { payload: string, ciphertext: string }

const FILES = ['noise-snow/snow.25519.json', 'noise-cacophony/cacophony.25519.json', 'noise-flynn/flynn.25519.json', 'noise-XX.25519.json']
const EMPTY = new Uint8Array(0)

/** Vectors of three other implementations, for the protocols that are offered here. */
export const noiseSuite: Suite = {
  name: `noise (${crypto.backend})`,
  * checks (load) {
    for (const file of FILES) yield * checksOfFile(load, file)
  }
}

function * checksOfFile (load: Load, file: string): Generator<Check | Gap> {
  const passedOver = new Map<string, number>()
  yield * section<Entry>(load, `third-party/${file}`, 'vectors', function * (entry, label) {
    const name = entry.protocol_name ?? entry.handshake ?? ''
    const protocol = offered(name)
    if (protocol === undefined) passedOver.set(name, (passedOver.get(name) ?? 0) + 1)
    else yield { name: `${file} ${label} ${name}`, run: () => { check(entry, protocol) } }
  }, { required: false })
  for (const [name, count] of passedOver) yield { name: file, missing: `${file}: ${count} vectors of ${name}, which is not offered`, required: false }
}

function offered (name: string): NoiseProtocol | undefined {
  try {
    return noiseProtocol(name)
  } catch (error) {
    if (error instanceof HushwireError) return undefined
    throw error
  }
}

function messagesOf (entry: Entry): Message[] {
  if (entry.messages !== undefined) return entry.messages
  const messages: Message[] = []
  for (let at = 0; entry[`msg_${at}_ciphertext`] !== undefined; at++) {
    messages.push({ payload: entry[`msg_${at}_payload`] ?? '', ciphertext: entry[`msg_${at}_ciphertext`] ?? '' })
  }
  return messages
}

function check (entry: Entry, protocol: NoiseProtocol): void {
  const messages = messagesOf(entry)
  const { pattern } = protocol
  const psks = pattern.messages.flat().filter(token => token === 'psk').length
  const statics = { initiator: keyOf(entry.init_static), responder: keyOf(entry.resp_static) }
  const end = (role: Role): NoiseHandshake => {
    const initiates = role === 'initiator'
    const knows = (initiates ? pattern.responderKnown : pattern.initiatorKnown) === true
    const given = initiates ? entry.init_remote_static : entry.resp_remote_static
    return new NoiseHandshake({
      protocol, role,
      prologue: fromHex((initiates ? entry.init_prologue : entry.resp_prologue) ?? entry.prologue ?? ''),
      staticKey: statics[role],
      remoteStatic: !knows ? undefined : given !== undefined ? fromHex(given) : statics[initiates ? 'responder' : 'initiator']?.publicKey,
      psks: ((initiates ? entry.init_psks : entry.resp_psks) ?? Array<string>(psks).fill(entry.preshared_key ?? '')).map(fromHex),
      ephemeral: keyOf(initiates ? entry.init_ephemeral ?? entry.gen_init_ephemeral : entry.resp_ephemeral ?? entry.gen_resp_ephemeral),
      payload: ({ message }) => fromHex(messages[message]?.payload ?? ''),
      received: (bytes, { message }) => { sameBytes(bytes, messages[message]?.payload ?? '') }
    })
  }
  const [initiator, responder] = [end('initiator'), end('responder')]
  for (const index of pattern.messages.keys()) {
    const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator]
    assert.equal(writer.turn, 'write')
    const message = writer.write()
    sameBytes(message, messages[index]?.ciphertext ?? '')
    assert.equal(reader.read(message), undefined)
  }
  const results = [initiator.result(), responder.result()] as const
  checkTransport(entry, messages, pattern.messages.length, ...results)
  for (const { handshakeHash } of results) sameBytes(handshakeHash, entry.handshake_hash ?? toHex(results[0].handshakeHash))
  assert.deepStrictEqual(results[0].remoteStatic, statics.responder?.publicKey)
  assert.deepStrictEqual(results[1].remoteStatic, statics.initiator?.publicKey)
}

/**
 * The messages after the handshake: in turns, going on from the handshake's (flynn: from the initiator afresh), or
 * all the initiator's where the pattern is one-way (flynn: every other one, the rest cannot be sent).
 */
function checkTransport (entry: Entry, messages: readonly Message[], from: number, initiator: NoiseResult, responder: NoiseResult): void {
  assert.ok(messages.length > from, 'the vector has no transport messages')
  for (const [index, { payload, ciphertext }] of messages.entries()) {
    if (index < from) continue
    const afresh = entry.handshake !== undefined
    const forward = from === 1 && !afresh || (afresh ? index - from : index) % 2 === 0
    if (from === 1 && !forward) continue
    const [send, receive]: [CipherState, CipherState] = forward ? [initiator.send, responder.receive] : [responder.send, initiator.receive]
    sameBytes(join(send.seal(EMPTY, [fromHex(payload)])), ciphertext)
    sameBytes(join(receive.open(EMPTY, [fromHex(ciphertext)])), payload)
  }
}

function keyOf (hex: string | undefined): AgreementKey | undefined {
  return hex === undefined ? undefined : crypto.x25519(fromHex(hex))
}
