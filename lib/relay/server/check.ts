import { UUID_BYTES } from '../../bytes/index.js'
import { isIdentity, isPostQuantum } from '../../nova/index.js'
import { checkExpected, FUNCTION, having, isObject, OBJECT, oneOf, streamError, type Expected } from '../../stream/index.js'
import type { RelayOptions } from './options.js'

// What types say, asked once more for callers in plain JavaScript: a relay that serves others than was meant is worse than none.

const OPTIONS: Readonly<Record<keyof RelayOptions, Expected>> = {
  identity: [isIdentity, 'what createIdentity or importIdentity gives'],
  verify: FUNCTION,
  registration: [value => isObject(value) && ['open', 'invite', 'allowlist'].includes(value['rule'] as string), 'an object with the rule "open", "invite" or "allowlist"'],
  store: having('read', 'write'),
  mailbox: having('put', 'read', 'acknowledge', 'expire'),
  directory: having('register', 'account', 'invite'),
  exchange: having('enter', 'leave', 'forward', 'online', 'watch'),
  admission: having('connection', 'packet'),
  presence: oneOf('everyone', 'off'),
  postQuantum: [isPostQuantum, 'an object with a mode ("required", "offered" or "off") and a kem'],
  tcp: OBJECT,
  websocket: OBJECT,
  limits: OBJECT,
  unknownTarget: oneOf('error', 'drain'),
  slowConsumer: oneOf('disconnect', 'wait'),
  onEvent: FUNCTION,
  onBytes: FUNCTION
}

/** @throws ERR_ARGUMENT */
export function checkOptions (options: RelayOptions): void {
  checkExpected(options, OPTIONS, ['identity'])
  // a name with a slip in it would leave the default in force, which for registration lets everybody in
  for (const [name, value] of Object.entries(options)) if (value !== undefined && !Object.hasOwn(OPTIONS, name)) throw wrong(`a relay has no option ${name}`)
  for (const name of ['tcp', 'websocket'] as const) checkExpected(options[name] ?? {}, { tls: OBJECT }, [], sentence => wrong(`${name}: ${sentence}`))
  checkExpected(options.limits ?? {}, { link: OBJECT, mailbox: OBJECT, directory: OBJECT }, [], sentence => wrong(`limits: ${sentence}`))
  checkIds(options.registration)
}

function checkIds (registration: { readonly rule: string, readonly ids?: unknown } = { rule: 'open' }): void {
  const { rule, ids } = registration
  if (rule !== 'allowlist') {
    if (ids !== undefined) throw wrong('registration: ids are for the rule "allowlist"')
    return
  }
  const iterable = ids as Partial<Iterable<unknown>> | null | undefined
  const iterator = typeof iterable === 'object' ? iterable?.[Symbol.iterator]?.() : undefined
  // what is its own iterator is empty at the second connection
  if (iterator === undefined || iterator === ids) throw wrong('registration: ids is an array or a set of UUIDs')
  for (const id of iterable as Iterable<unknown>) {
    if (!(id instanceof Uint8Array) || id.byteLength !== UUID_BYTES) throw wrong('registration: each of the ids is a UUID of 16 bytes; parseUuid makes one of the text')
  }
}

function wrong (sentence: string): Error { return streamError('ERR_ARGUMENT', sentence) }
