import { codeOf, errorsOf, HushwireError, type ErrorTable } from '../stream/index.js'
import { knownReason } from './platform-reason.js'

/** The codes of the command line itself; the exit code of those a person can mend on the command line is 2. */
export const CLI_ERRORS = {
  ERR_CLI_OPTION: { origin: 'local', fatal: true, sentence: 'the command makes no sense' },
  ERR_CLI_SECRET: { origin: 'local', fatal: true, sentence: 'the secret file cannot be used' },
  ERR_CLI_CONFIG: { origin: 'local', fatal: true, sentence: 'the configuration cannot be used' },
  ERR_CLI_IDENTITY: { origin: 'local', fatal: true, sentence: 'the identity file cannot be used' },
  ERR_CLI_CERTIFICATE: { origin: 'local', fatal: true, sentence: 'the files of the certificate cannot be read' },
  ERR_CLI_INPUT: { origin: 'local', fatal: true, sentence: 'the input cannot be read' },
  ERR_CLI_OUTPUT: { origin: 'local', fatal: true, sentence: 'the output cannot be written' },
  ERR_CLI_STOPPED: { origin: 'local', fatal: true, sentence: 'stopped by a signal' },
  ERR_CLI_FILE: { origin: 'local', fatal: true, sentence: 'a file or folder cannot be used' },
  ERR_CLI_SPACE: { origin: 'local', fatal: true, sentence: 'there is no room on the disk' },
  ERR_CLI_EXISTS: { origin: 'local', fatal: true, sentence: 'there is something already, and it is not overwritten' },
  ERR_CLI_PROFILE: { origin: 'local', fatal: true, sentence: 'there is no such profile yet' },
  ERR_CLI_BUSY: { origin: 'local', fatal: true, sentence: 'another command uses the profile' },
  ERR_CLI_PASSPHRASE: { origin: 'local', fatal: true, sentence: 'the passphrase cannot be used' },
  ERR_CLI_RELAY: { origin: 'local', fatal: true, sentence: 'there is no address of a relay that can be used' },
  ERR_CLI_PEER: { origin: 'local', fatal: true, sentence: 'nobody is known by that name or id' },
  ERR_CLI_EXPIRED: { origin: 'local', fatal: true, sentence: 'nobody answered the offer in time' },
  ERR_CLI_ECHO: { origin: 'remote', fatal: true, sentence: 'what came back of a ping is something else' },
  ERR_CLI_NAME: { origin: 'local', fatal: true, sentence: 'the name cannot be used' },
  ERR_CLI_UNEXPECTED: { origin: 'local', fatal: true, sentence: 'an error without a code' }
} as const satisfies ErrorTable

/** Makes an error of {@link CLI_ERRORS}. */
export const cliError = errorsOf('cli', CLI_ERRORS)

/** The code that a program is told for an error: its own, ours or the platform's, else ERR_CLI_UNEXPECTED. */
export function failureCode (error: unknown): string {
  return codeOf(error) ?? 'ERR_CLI_UNEXPECTED'
}

/** What a person reads of an error. Only sentences of ours are sure to hold nothing secret: a platform's can name paths and peers. */
export function messageOf (error: unknown): string {
  if (error instanceof HushwireError) return error.message
  return knownReason(error) ?? (error instanceof Error ? error.name : typeof error)
}

/** With its full stop, unless it ends already. */
export function sentence (text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`
}
