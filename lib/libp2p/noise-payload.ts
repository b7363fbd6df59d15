import { join } from '../stream/index.js'
import { libp2pError } from './errors.js'
import { decodeFields, encodeField } from './protobuf.js'

/** What each side sends in its last handshake message (libp2p's Noise specification, "The libp2p Handshake Payload"). */
export interface NoisePayload {
  /** The public key of the peer, as libp2p's protobuf. */
  readonly identityKey: Uint8Array
  /** What that key has signed: the prefix of {@link signedBytes}, and the static key of Noise. */
  readonly identitySignature: Uint8Array
  readonly extensions: NoiseExtensions
}

/** What goes along with the handshake. Hashes of WebTransport certificates are passed over: that transport brings its own encrypter. */
export interface NoiseExtensions {
  /** The stream muxers that the side speaks, the best first; none, unless they are negotiated along with the handshake. */
  readonly streamMuxers: readonly string[]
}

// the numbers of the fields
const IDENTITY_KEY = 1
const IDENTITY_SIGNATURE = 2
const EXTENSIONS = 4
const STREAM_MUXERS = 2

/** Muxers that a side may name. */
const MAX_MUXERS = 64

const PREFIX = new TextEncoder().encode('noise-libp2p-static-key:')

/** What the identity key signs. */
export function signedBytes (staticKey: Uint8Array): Uint8Array {
  return join([PREFIX, staticKey])
}

/** The payload as it is sent. */
export function encodePayload ({ identityKey, identitySignature, extensions }: NoisePayload): Uint8Array {
  const muxers = extensions.streamMuxers.map(name => encodeField(STREAM_MUXERS, new TextEncoder().encode(name)))
  const parts = [encodeField(IDENTITY_KEY, identityKey), encodeField(IDENTITY_SIGNATURE, identitySignature)]
  if (muxers.length > 0) parts.push(encodeField(EXTENSIONS, join(muxers)))
  return join(parts)
}

/**
 * The payload of the other side; unknown fields are passed over, as protocol buffers ask.
 *
 * @returns views of the bytes
 * @throws ERR_LIBP2P_PAYLOAD when it is no such message, lacks its key or its signature, has a field twice that comes
 *   once, or names more than 64 muxers
 */
export function decodePayload (bytes: Uint8Array): NoisePayload {
  try {
    const once = new Map<number, Uint8Array>()
    for (const { number, bytes: value } of decodeFields(bytes)) {
      if (![IDENTITY_KEY, IDENTITY_SIGNATURE, EXTENSIONS].includes(number)) continue
      if (once.has(number)) throw new RangeError('a field comes twice')
      once.set(number, value)
    }
    const [identityKey, identitySignature, extensions] = [once.get(IDENTITY_KEY), once.get(IDENTITY_SIGNATURE), once.get(EXTENSIONS)]
    if (identityKey === undefined || identitySignature === undefined) throw new RangeError('no key, or no signature')
    return { identityKey, identitySignature, extensions: decodeExtensions(extensions ?? new Uint8Array(0)) }
  } catch (error) {
    throw libp2pError('ERR_LIBP2P_PAYLOAD', undefined, error)
  }
}

function decodeExtensions (bytes: Uint8Array): NoiseExtensions {
  const text = new TextDecoder('utf-8', { fatal: true })
  const streamMuxers: string[] = []
  for (const { number, bytes: value } of decodeFields(bytes)) {
    if (number !== STREAM_MUXERS) continue
    if (streamMuxers.length === MAX_MUXERS) throw new RangeError('too many muxers')
    streamMuxers.push(text.decode(value))
  }
  return { streamMuxers }
}
