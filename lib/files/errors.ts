import { codeOf, errorsOf, HushwireError, type ErrorTable } from '../stream/index.js'

/** The codes of a transfer of files. What the other side has said, has `origin` remote whatever the table says. */
export const FILES_ERRORS = {
  ERR_FILES_PROTOCOL: { origin: 'remote', fatal: true, sentence: 'the other side does not keep to the protocol of files' },
  ERR_FILES_VERSION: { origin: 'remote', fatal: true, sentence: 'the two sides have versions of the protocol of files that do not know each other: update the older one' },
  ERR_FILES_PATH: { origin: 'local', fatal: true, sentence: 'a path is not one that every system can hold: rename it, or send it in an archive' },
  ERR_FILES_DUPLICATE: { origin: 'local', fatal: true, sentence: 'two paths would be one on some systems: rename one of them' },
  ERR_FILES_LIMIT: { origin: 'local', fatal: true, sentence: 'more files or bytes than are taken at once: send them in parts, or in an archive' },
  ERR_FILES_DECLINED: { origin: 'remote', fatal: true, sentence: 'the other side does not want the files' },
  ERR_FILES_EXISTS: { origin: 'local', fatal: true, sentence: 'something of that name is there already, and it is not overwritten unless who receives asks for that' },
  ERR_FILES_SPACE: { origin: 'local', fatal: true, sentence: 'the disk of who receives is full: make room and send again, what has come is kept' },
  ERR_FILES_WRITE: { origin: 'local', fatal: false, sentence: 'a file cannot be written where it goes' },
  ERR_FILES_READ: { origin: 'local', fatal: false, sentence: 'a file cannot be read where it is sent from' },
  ERR_FILES_CHANGED: { origin: 'local', fatal: false, sentence: 'a file has changed while it was sent: send it again when it is at rest' },
  ERR_FILES_HASH: { origin: 'local', fatal: false, sentence: 'a file is not what was sent, its SHA-256 differs: send it again' },
  ERR_FILES_BUSY: { origin: 'local', fatal: true, sentence: 'more than may be under way or asked about at once, or too soon after a no: try again later' },
  ERR_FILES_STOPPED: { origin: 'remote', fatal: true, sentence: 'the other side has stopped the transfer: send again to go on, what has come is kept' },
  ERR_FILES_NO_ANSWER: { origin: 'remote', fatal: true, sentence: 'the other side has not said in time whether it wants the files' },
  ERR_FILES_UNREACHABLE: { origin: 'remote', fatal: true, sentence: 'the other side could not be reached for too long: send again to go on, what has come is kept' },
  ERR_FILES_SUPERSEDED: { origin: 'remote', fatal: false, sentence: 'the transfer goes on over a newer stream' }
} as const satisfies ErrorTable

/** A code of {@link FILES_ERRORS}. */
export type FilesErrorCode = keyof typeof FILES_ERRORS

/** Makes an error of {@link FILES_ERRORS}. */
export const filesError = errorsOf('files', FILES_ERRORS)

/** What is said on the wire about why a transfer or a file has failed (docs/protocol.md, Files). */
const WIRE_CODES = {
  ERR_FILES_DECLINED: 1,
  ERR_FILES_EXISTS: 2,
  ERR_FILES_SPACE: 3,
  ERR_FILES_LIMIT: 4,
  ERR_FILES_PATH: 5,
  ERR_FILES_DUPLICATE: 6,
  ERR_FILES_WRITE: 7,
  ERR_FILES_READ: 8,
  ERR_FILES_CHANGED: 9,
  ERR_FILES_HASH: 10,
  ERR_FILES_PROTOCOL: 11,
  ERR_FILES_VERSION: 12
} as const satisfies Partial<Record<FilesErrorCode, number>>

/** The code to tell the other side; of what is not ours, that of `otherwise`. */
export function wireCodeOf (error: unknown, otherwise: keyof typeof WIRE_CODES): number {
  const code = codeOf(error) ?? ''
  return WIRE_CODES[Object.hasOwn(WIRE_CODES, code) ? code as keyof typeof WIRE_CODES : otherwise]
}

/** Whether an error is one of {@link FILES_ERRORS}, and not of a platform or an application. */
export function isFilesError (error: unknown): boolean { return Object.hasOwn(FILES_ERRORS, codeOf(error) ?? '') }

/** The error of a code that the other side has told. One that is not known is ERR_FILES_PROTOCOL. */
export function toldError (wireCode: number, detail?: string): HushwireError {
  const known = Object.entries(WIRE_CODES).find(([, code]) => code === wireCode)?.[0] as FilesErrorCode | undefined
  const made = known === undefined ? filesError('ERR_FILES_PROTOCOL', `code ${wireCode}`) : filesError(known, detail)
  return new HushwireError(made.code, made.message, { layer: made.layer, origin: 'remote', fatal: made.fatal })
}
