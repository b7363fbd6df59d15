import '../../../bench/peers/with-resolvers.js'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { PrivateKey, StreamMuxerFactory } from '@libp2p/interface'
import { crypto } from '../../../lib/crypto/index.js'
import { hushNoise } from '../../../lib/libp2p/index.js'
import { proveStatic, verifyStatic } from '../../../lib/libp2p/noise-identity.js'
import { decodePayload, encodePayload, type NoisePayload } from '../../../lib/libp2p/noise-payload.js'
import { NoiseHandshake, noiseProtocol, type Role } from '../../../lib/noise/index.js'
import { HushwireError, ignore } from '../../../lib/stream/index.js'
import { join } from '../../../lib/stream/pieces.js'
import { pattern } from '../../support/sources.js'
import type { Random } from '../random.js'
import { holds, same, type Target } from '../target.js'
import { HandStream } from './hand-stream.js'

const STATIC = crypto.x25519(new Uint8Array(32).fill(91))
const MUXERS = ['/yamux/1.0.0', '/hushwire/nova-mux/1.0.0', '/ü']

const made: { key?: Promise<PrivateKey> } = {}

function privateKey (): Promise<PrivateKey> {
  made.key ??= generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(92))
  return made.key
}

async function payloadOf (random: Random): Promise<NoisePayload> {
  return { ...await proveStatic(await privateKey(), STATIC.publicKey), extensions: { streamMuxers: random.many(random.nat(29) === 0 ? 70 : 3, () => random.pick(MUXERS)) } }
}

/** The payload of a handshake message of libp2p's. */
export const payload: Target = {
  name: 'libp2p.payload',
  valid: async random => join([encodePayload(await payloadOf(random)), random.pick([() => [], () => [0x1a, 2, 1, 1], () => [0x30, 0x80, 1], () => [0x39, ...random.bytes(8)], () => [0x3d, ...random.bytes(4)]])()].map(part => Uint8Array.from(part))),
  decode: input => {
    const read = decodePayload(input.bytes)
    holds('muxers within their limit', read.extensions.streamMuxers.length <= 64)
    // what is not known was passed over: what is, is written again as it is read again
    const written = encodePayload(read)
    same('written again', encodePayload(decodePayload(written)), written)
  },
  codes: ['ERR_LIBP2P_PAYLOAD'],
  first: [],
  edges: [36, 64, 127, 128],
  largest: bytes => 4096 + 2 * bytes
}

/** Who the other side says to be, and the proof of it. */
export const identity: Target = {
  name: 'libp2p.identity',
  valid: async random => encodePayload(await payloadOf(random)),
  decode: async input => {
    const peer = (await privateKey()).publicKey.toCID().toString()
    const { remotePeer } = await verifyStatic(decodePayload(input.bytes), STATIC.publicKey, undefined)
    holds('the peer that has signed', remotePeer.toCID().toString() === peer)
  },
  codes: ['ERR_LIBP2P_PAYLOAD', 'ERR_LIBP2P_IDENTITY', 'ERR_LIBP2P_SIGNATURE'],
  first: ['ERR_LIBP2P_PAYLOAD'],
  edges: [36, 64],
  // libp2p's own protobuf and CID are among them
  largest: bytes => 65_536 + 4 * bytes,
  total: () => 524_288
}

const encrypter = privateKey().then(privateKey => {
  const muxers = new Map([[MUXERS[0] as string, { protocol: MUXERS[0] } as StreamMuxerFactory]])
  return hushNoise()({ privateKey, upgrader: { getStreamMuxers: () => muxers } })
})
const PROTOCOL = noiseProtocol('Noise_XX_25519_ChaChaPoly_SHA256')
const EPHEMERAL = new Uint8Array(32).fill(93)
const PLAIN = pattern(1000)
/** What an input is: what a dialler sends, or the payload in a handshake with a dialler, or with a listener. */
const WAYS = [undefined, undefined, 'initiator', 'responder'] as const
/** Turns of the loop after which an encrypter that has not gone on waits for more. */
const TURNS = 10

/** Lengths and messages, two bytes before each. */
function framed (message: Uint8Array): Uint8Array {
  return join([Uint8Array.of(message.byteLength >> 8, message.byteLength), message])
}

/** The other side's handshake, with any payload. */
function remote (role: Role, payload: Uint8Array, ephemeral: Uint8Array): NoiseHandshake {
  return new NoiseHandshake({
    protocol: PROTOCOL, role, staticKey: STATIC,
    // none is drawn, as at the end that reads this
    ephemeral: crypto.x25519(ephemeral),
    payload: ({ message }) => message === 0 ? new Uint8Array(0) : payload
  })
}

/** Lets a remote that speaks the protocol hand over what it likes as its payload, sealed as it ought to be. */
async function hand (role: Role, payload: Uint8Array): Promise<void> {
  const connection = new HandStream(role === 'initiator' ? 'inbound' : 'outbound')
  const encrypting = await encrypter
  const securing = role === 'initiator' ? encrypting.secureInbound(connection) : encrypting.secureOutbound(connection)
  // it is looked at below
  securing.catch(ignore)
  const handshake = remote(role, payload, EPHEMERAL)
  for (let read = 0; handshake.turn !== 'done';) {
    if (handshake.turn === 'write') {
      connection.onData(framed(handshake.write()))
      continue
    }
    for (let turns = 0; connection.sent.length === read && turns < TURNS; turns++) await new Promise(setImmediate)
    const message = connection.sent[read++]
    // it was refused
    if (message === undefined) break
    await handshake.read(message.subarray(2))
  }
  const { remotePeer } = await securing
  connection.onTransportClosed()
  holds('the peer that has signed', remotePeer.toCID().equals((await privateKey()).publicKey.toCID()))
}

/** What a dialler sends: its two messages, then bytes under the keys. */
async function dialling (random: Random): Promise<Uint8Array> {
  // a key of low order
  if (random.nat(19) === 0) return framed(new Uint8Array(32))
  const connection = new HandStream()
  const secured = (await encrypter).secureInbound(connection)
  secured.catch(ignore)
  const handshake = remote('initiator', encodePayload(await payloadOf(random)), random.bytes(32))
  const said = [framed(handshake.write())]
  connection.onData(said[0] as Uint8Array)
  while (connection.sent.length === 0) await new Promise(setImmediate)
  await handshake.read((connection.sent[0] as Uint8Array).subarray(2))
  said.push(framed(handshake.write()))
  const { send } = handshake.result()
  let at = 0
  said.push(...random.many(3, () => framed(join(send.seal(new Uint8Array(0), [PLAIN.subarray(at, at += random.nat(60))])))))
  connection.onTransportClosed()
  await secured.catch(ignore)
  return join(said)
}

/** Everything that a dialler sends to our encrypter, the messages of the connection included; or a payload that a handshake seals. The first byte says which. */
export const inbound: Target = {
  name: 'libp2p.encrypter',
  valid: async random => {
    const chosen = random.nat(WAYS.length - 1)
    return join([Uint8Array.of(chosen), WAYS[chosen] === undefined ? await dialling(random) : encodePayload(await payloadOf(random))])
  },
  decode: async input => {
    const { chosen, rest } = input.choice(WAYS.length)
    const role = WAYS[chosen]
    if (role !== undefined) {
      await hand(role, rest).catch((error: unknown) => { throw ours(error as Error) })
      return true
    }
    const connection = new HandStream()
    const securing = (await encrypter).secureInbound(connection)
    let settled = false
    let got = 0
    let failure: unknown
    const result = securing.then(({ connection }) => {
      connection.addEventListener('message', ({ data }) => {
        const bytes = data.subarray()
        same('what was sent', bytes, PLAIN.subarray(got, got + bytes.byteLength))
        got += bytes.byteLength
      })
      connection.addEventListener('close', ({ error }) => { failure = error })
      return true
    }, (error: unknown) => {
      failure = error
      return false
    }).finally(() => { settled = true })
    for (const chunk of input.chunks(rest)) {
      connection.onData(chunk)
      if (!settled) await new Promise(setImmediate)
    }
    for (let turns = 0; !settled && turns < TURNS; turns++) await new Promise(setImmediate)
    connection.onTransportClosed()
    const stood = await result
    await new Promise(setImmediate)
    if (failure instanceof Error) throw ours(failure)
    return stood
  },
  codes: ['ERR_LIBP2P_PAYLOAD', 'ERR_LIBP2P_IDENTITY', 'ERR_LIBP2P_SIGNATURE', 'ERR_LIBP2P_MUXERS', 'ERR_NOISE_AUTH', 'ERR_NOISE_TRUNCATED', 'ERR_NOISE_LOW_ORDER', 'ERR_TRUNCATED'],
  first: ['ERR_NOISE_TRUNCATED', 'ERR_TRUNCATED'],
  edges: [32, 48, 65_535],
  largest: bytes => 65_536 + 4 * bytes,
  total: () => 1_048_576
}

/** An error of libp2p has ours as its cause; that the connection ended is its own. */
function ours (error: Error): unknown {
  if (error instanceof HushwireError) return error
  if (error.name === 'UnexpectedEOFError') return new HushwireError('ERR_TRUNCATED', error.message, { layer: 'libp2p', origin: 'remote', fatal: true, cause: error })
  return error.cause ?? error
}
