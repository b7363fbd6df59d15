import { failureCode, messageOf, sentence } from '../errors.js'
import { EXIT } from '../terminal/failure.js'
import { listenAdvice } from '../terminal/listening.js'
import type { Output } from '../terminal/output.js'

/** What cannot be used as it is given. */
const USAGE: ReadonlySet<string> = new Set(['ERR_CLI_OPTION', 'ERR_CLI_CONFIG', 'ERR_CLI_IDENTITY', 'ERR_CLI_FILE', 'ERR_CLI_CERTIFICATE', 'ERR_TRANSPORT_CERTIFICATE', 'ERR_LIMIT_OPTION'])

/** It cannot be listened there. */
const LISTENING: ReadonlySet<string> = new Set(['ERR_TRANSPORT_LISTEN', 'ERR_RELAY_METRICS'])

const NO_ROOM = 'The disk is full: make room.'

/** What a person can do about it. */
const ADVICE: Readonly<Record<string, string>> = {
  ERR_CLI_OPTION: 'See hushwire relay --help.',
  ERR_CLI_CONFIG: 'hushwire relay config prints every setting with its default.',
  ERR_CLI_IDENTITY: 'Without the file of --identity the next start makes a new relay, whose address is another one.',
  // of writing it down: of nothing else do they come here
  ERR_CLI_FILE: 'Look at the folder of --identity: it must be one that this user can write to.',
  ERR_CLI_SPACE: NO_ROOM,
  ERR_CLI_CERTIFICATE: 'Look at tls.cert and tls.key: both or neither, and this user must be able to read them.',
  ERR_STORE_BUSY: 'Another relay runs on this store: stop it first, or give --store another folder.',
  ERR_STORE_OPEN: 'Look at the folder of --store: it must be one that this user can write to.',
  ERR_STORE_READ_ONLY: 'Look at the folder of --store: it must be one that this user can write to.',
  ERR_STORE_SPACE: NO_ROOM,
  ERR_STORE_VERSION: 'The store was written by a newer hushwire: use that one.',
  ERR_TRANSPORT_CERTIFICATE: 'Look at tls.cert and tls.key: both PEM, and the key that of the first certificate.',
  // of asking for an invite: of nothing else do they come here
  ECONNRESET: 'The relay that runs on this store broke off before it had answered: try again.',
  ETIMEDOUT: 'The relay that runs on this store does not answer: look at its log.',
  EMSGSIZE: 'What runs on this store is no relay: look at the folder of --store.',
  ERR_LIMIT_OPTION: 'Limits are whole numbers of at least 1, or inf.'
}

/** Tells why a command failed: people on stderr, programs by an event. @returns the exit code */
export function reportFailure (error: unknown, output: Output): number {
  const code = failureCode(error)
  const message = messageOf(error)
  const advice = LISTENING.has(code) ? listenAdvice(error) : ADVICE[code] ?? ''
  const exit = USAGE.has(code) ? EXIT.usage : EXIT.failed
  output.event('failed', { code, message, advice, exit })
  if (!output.json) process.stderr.write(`hushwire relay: ${[`${code}: ${sentence(message)}`, advice].filter(Boolean).join(' ')}\n`)
  return exit
}
