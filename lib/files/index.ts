/**
 * Files over live streams of a client of the relay: a transfer is named by what it has, so it goes on after a cut or a crash of
 * either side where it was, and every byte is written once. Knows no file system: what is sent is a list of `SourceFile`, where
 * it goes is a `Destination`. The protocol is in docs/protocol.md.
 *
 * @module files
 */
export { FILES_KIND, sendFiles, type SendOptions, type SendState, type Sent } from './send.js'
export type { SourceFile } from './source-file.js'
export { FileReceiver } from './receiver.js'
export type { Received, ReceiverOptions } from './received.js'
export { isInterruption } from './interruption.js'
export type { Destination, Place, Transfer } from './destination.js'
export type { Entry, Manifest } from './manifest.js'
export type { FileFailure } from './sending.js'
export type { FilesProgress } from './progress.js'
export { amountOf, durationOf } from './amounts.js'
export { checkPath, foldPath, type NameRules, type PathOptions } from './path.js'
export { FILES_LIMITS, type FilesLimits } from './limits.js'
export { FILES_ERRORS, filesError, type FilesErrorCode } from './errors.js'
