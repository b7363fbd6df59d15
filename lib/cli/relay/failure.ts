import { failureCode, messageOf } from '../errors.js'

/** What cannot be used as it is given. */
const USAGE: ReadonlySet<string> = new Set(['ERR_CLI_OPTION', 'ERR_CLI_CONFIG', 'ERR_CLI_IDENTITY', 'ERR_CLI_CERTIFICATE', 'ERR_TRANSPORT_CERTIFICATE', 'ERR_LIMIT_OPTION'])

/** What a person can do about it. */
const ADVICE: Readonly<Record<string, string>> = {
  ERR_TRANSPORT_LISTEN: 'The port may be taken, or the host is no address of this machine: choose another; port 0 is any that is free.',
  ERR_RELAY_METRICS: 'Choose another port for --metrics; port 0 is any that is free.',
  ERR_STORE_BUSY: 'Another relay runs on this store: stop it first, or give --store another folder.',
  ERR_STORE_OPEN: 'Look at the folder of --store: it must be one that this user can write to.',
  ERR_STORE_READ_ONLY: 'Look at the folder of --store: it must be one that this user can write to.',
  ERR_STORE_SPACE: 'The disk is full: make room.',
  ERR_STORE_VERSION: 'The store was written by a newer hushwire: use that one.',
  ERR_TRANSPORT_CERTIFICATE: 'Look at tls.cert and tls.key: both PEM, and the key that of the first certificate.',
  ERR_LIMIT_OPTION: 'Limits are whole numbers of at least 1, or inf.'
}

/** Tells on stderr why a command failed. @returns the exit code */
export function reportFailure (error: unknown, json: boolean): number {
  const code = failureCode(error)
  const message = messageOf(error)
  const advice = ADVICE[code]
  process.stderr.write(json ? `${JSON.stringify({ event: 'failed', code, message, advice })}\n` : `hushwire relay: ${[`${code}: ${message}.`, advice].filter(Boolean).join(' ')}\n`)
  return USAGE.has(code) ? 2 : 1
}
