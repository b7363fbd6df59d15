import { checkStackLimits, isIdentity, isPostQuantum, PEERS_LIMITS, pinned, type HardenedStackOptions, type Identity, type PeersOptions, type VerifyPeer } from '../../nova/index.js'
import { checkExpected, checkOptionsObject, checkSignal, FUNCTION, having, limitsOf, oneOf, streamError, type Expected } from '../../stream/index.js'
import { INVITE_BYTES } from '../wire/index.js'
import { diallable } from './connection/dial.js'
import { clientError } from './errors.js'

const IDENTITY: Expected = [isIdentity, 'what createIdentity or importIdentity gives']
/** Signed to see whether the keys are there. */
const ALIVE = new TextEncoder().encode('hushwire/alive/1')
const STORE = having('read', 'write')
const POST_QUANTUM: Expected = [isPostQuantum, 'an object with a mode and a kem']
const LINK: Readonly<Record<string, Expected>> = {
  identity: IDENTITY,
  invite: [value => value instanceof Uint8Array && value.byteLength === INVITE_BYTES, `${INVITE_BYTES} bytes`],
  postQuantum: POST_QUANTUM,
  peerPostQuantum: POST_QUANTUM
}
const CONNECT: Readonly<Record<string, Expected>> = {
  ...LINK,
  accept: [value => typeof value === 'function' || value === 'anyone' || value === 'contacts', '"anyone", "contacts" or a function'],
  store: STORE,
  dial: FUNCTION,
  whenTakenOver: oneOf('stop', 'return'),
  wait: oneOf(true, false),
  onState: FUNCTION,
  onRejected: FUNCTION,
  onPaired: FUNCTION
}

function wrong (sentence: string): Error { return clientError('ERR_RELAY_OPTION', sentence) }

/** Of the options, what is looked at by name. */
interface Checked { readonly signal?: AbortSignal | undefined }

function check (options: Checked, table: Readonly<Record<string, Expected>>): void {
  checkExpected(options, table, ['identity', 'verifyPeer'], wrong)
  checkSignal(options.signal)
}

/** What callers without types can get wrong, and nothing would tell them. @throws ERR_RELAY_OPTION, ERR_RELAY_URL, ERR_LIMIT_OPTION, ERR_ARGUMENT, ERR_CRYPTO_KEY */
export function checkConnect (options: Checked & { readonly url: string, readonly relay: Uint8Array | VerifyPeer, readonly dial?: unknown, readonly linkLimits?: HardenedStackOptions['limits'], readonly peerLimits?: PeersOptions['limits'] }): VerifyPeer {
  check(options, CONNECT)
  const { url, relay, dial } = options
  if (dial === undefined) diallable(url)
  checkStackLimits(options.linkLimits)
  limitsOf(PEERS_LIMITS, options.peerLimits)
  if (typeof relay === 'function') return relay
  if (!(relay instanceof Uint8Array)) throw wrong('relay: who the relay is has to be said')
  return pinned(relay)
}

/** Likewise for one connection. @throws ERR_RELAY_OPTION, ERR_ARGUMENT */
export function checkClient (options: Checked): void {
  check(options, { ...LINK, verifyPeer: FUNCTION, expectsPeer: FUNCTION, onPush: FUNCTION, onGoaway: FUNCTION })
}

/** @throws ERR_RELAY_OPTION when the identity was destroyed, which no other connection would heal */
export function checkAlive (identity: Identity): void {
  try {
    identity.sign(ALIVE)
  } catch (error) {
    throw clientError('ERR_RELAY_OPTION', 'identity: it was destroyed', error)
  }
}

/** The options of one call. @throws ERR_ARGUMENT */
export function checkCall (options: object | undefined): void {
  checkOptionsObject(options)
  const { signal, onRetry } = (options ?? {}) as { signal?: AbortSignal, onRetry?: unknown }
  checkSignal(signal)
  if (onRetry !== undefined && typeof onRetry !== 'function') throw streamError('ERR_ARGUMENT', 'onRetry is a function')
}

/** What prekeys are kept in, and whose they are. @throws ERR_RELAY_OPTION */
export function checkRing (store: unknown, identity: unknown): void {
  checkExpected({ store, identity }, { store: STORE, identity: IDENTITY }, ['store', 'identity'], wrong)
}
