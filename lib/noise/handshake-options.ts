import { KEY_BYTES, type AgreementKey } from '../crypto/index.js'
import { noiseError } from './errors.js'
import type { HandshakeKeys } from './handshake-state.js'
import type { NoiseProtocol } from './protocol.js'

/** The options of `NoiseHandshake` that are looked at here. */
interface Options extends HandshakeKeys {
  protocol: NoiseProtocol
  payload?: unknown
  received?: unknown
}

type Check = readonly [name: keyof Options, holds: (value: unknown) => boolean, sentence: string]

const CHECKS: readonly Check[] = [
  ['protocol', isProtocol, 'protocol is what noiseProtocol(name) gives'],
  ['role', value => value === 'initiator' || value === 'responder', 'the role is initiator or responder'],
  ['prologue', optional(value => value instanceof Uint8Array), 'prologue is a Uint8Array'],
  ['staticKey', optional(isKeypair), 'staticKey is a NoiseKeypair; NoiseKeypair.fromPrivate makes one of 32 bytes'],
  ['remoteStatic', optional(isKey), 'the remote static key is a Uint8Array of 32 bytes'],
  ['psks', optional(value => Array.isArray(value) && value.every(isKey)), 'pre-shared keys are an array of Uint8Array, 32 bytes each'],
  ['payload', optional(value => typeof value === 'function'), 'payload is a function'],
  ['received', optional(value => typeof value === 'function'), 'received is a function']
]

/**
 * What types say, asked once more for callers in plain JavaScript: text in the place of bytes would be hashed as it is, and a
 * wrong object would only be noticed inside.
 *
 * @throws ERR_NOISE_OPTIONS
 */
export function checkHandshakeOptions (options: Options): void {
  const given: Partial<Record<keyof Options, unknown>> | null | undefined = options
  if (typeof given !== 'object' || given === null) throw noiseError('ERR_NOISE_OPTIONS', 'options are an object')
  for (const [name, holds, sentence] of CHECKS) if (!holds(given[name])) throw noiseError('ERR_NOISE_OPTIONS', sentence)
}

/** Whether it agrees on secrets, as a key pair does. */
function isKeypair (value: unknown): value is AgreementKey {
  const { agree, publicKey } = (value ?? {}) as Partial<AgreementKey>
  return typeof agree === 'function' && isKey(publicKey)
}

function isKey (value: unknown): boolean {
  return value instanceof Uint8Array && value.byteLength === KEY_BYTES
}

function isProtocol (value: unknown): boolean {
  const { name, pattern } = (value ?? {}) as Partial<NoiseProtocol>
  return typeof name === 'string' && Array.isArray(pattern?.messages)
}

function optional (holds: (value: unknown) => boolean): (value: unknown) => boolean {
  return value => value === undefined || holds(value)
}
