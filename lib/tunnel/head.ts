import { codeOf, type Reader } from '../stream/index.js'
import { tunnelError } from './errors.js'

/** The kind of the streams of a tunnel: `tunl`. */
export const TUNNEL_KIND = 0x74756e6cn
/** Most characters of the name of a service. */
export const MAX_SERVICE_NAME = 64

const VERSION = 1
const NAME = new RegExp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,${MAX_SERVICE_NAME - 1}}$`)

/** What the end that exposes answers a head with. */
export const STATUS = {
  /** The service is connected; what follows is its. */
  connected: 0,
  /** There is no such service. */
  unknownService: 1,
  /** Nobody listens at its address. */
  refused: 2,
  /** Its address cannot be reached. */
  unreachable: 3,
  /** It did not answer in time. */
  timeout: 4,
  /** The version of the head is not spoken here. */
  version: 5
} as const

/** One of {@link STATUS}. */
export type Status = typeof STATUS[keyof typeof STATUS]

const REFUSALS = {
  [STATUS.unknownService]: 'ERR_TUNNEL_SERVICE',
  [STATUS.refused]: 'ERR_TUNNEL_REFUSED',
  [STATUS.unreachable]: 'ERR_TUNNEL_UNREACHABLE',
  [STATUS.timeout]: 'ERR_TUNNEL_TIMEOUT',
  [STATUS.version]: 'ERR_TUNNEL_VERSION'
} as const

/** True for what a service may be called: letters, digits, `.`, `_` and `-` of ASCII, the first one a letter or a digit. */
export function isServiceName (name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name)
}

/** What the end that connects begins with. @param service - empty for the only one */
export function encodeHead (service: string): Uint8Array {
  const name = new TextEncoder().encode(service)
  return Uint8Array.of(VERSION, name.byteLength, ...name)
}

/**
 * The name of the service that is wanted; empty for the only one.
 *
 * @throws ERR_TUNNEL_VERSION, ERR_TUNNEL_HEAD, the signal's reason, and what the source throws
 */
export async function readHead (reader: Reader, signal: AbortSignal): Promise<string> {
  const [version] = await read(reader, 1, signal)
  if (version !== VERSION) throw tunnelError('ERR_TUNNEL_VERSION')
  const [length = 0] = await read(reader, 1, signal)
  if (length > MAX_SERVICE_NAME) throw tunnelError('ERR_TUNNEL_HEAD', `a name of ${length} bytes`)
  const name = String.fromCharCode(...await read(reader, length, signal))
  if (length > 0 && !isServiceName(name)) throw tunnelError('ERR_TUNNEL_HEAD', 'the name')
  return name
}

/** The answer to a head. */
export function encodeAnswer (status: Status): Uint8Array {
  return Uint8Array.of(VERSION, status)
}

/**
 * Reads the answer; returns when the service is connected.
 *
 * @throws ERR_TUNNEL_SERVICE, ERR_TUNNEL_REFUSED, ERR_TUNNEL_UNREACHABLE, ERR_TUNNEL_TIMEOUT, ERR_TUNNEL_VERSION, ERR_TUNNEL_HEAD, the signal's
 *   reason, and what the source throws
 */
export async function readAnswer (reader: Reader, signal: AbortSignal): Promise<void> {
  const [version, status] = await read(reader, 2, signal)
  if (version !== VERSION) throw tunnelError('ERR_TUNNEL_VERSION')
  if (status === STATUS.connected) return
  const code = REFUSALS[status as keyof typeof REFUSALS] as typeof REFUSALS[keyof typeof REFUSALS] | undefined
  throw tunnelError(code ?? 'ERR_TUNNEL_HEAD', code === undefined ? `status ${status}` : undefined)
}

async function read (reader: Reader, length: number, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await reader.read(length, { signal })
  } catch (error) {
    if (codeOf(error) === 'ERR_TRUNCATED') throw tunnelError('ERR_TUNNEL_HEAD', 'it is cut short', error)
    throw error
  }
}
