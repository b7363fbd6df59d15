import type { MaybePromise } from '../stream/index.js'
import type { Transfer } from './destination.js'
import type { FilesLimits } from './limits.js'
import type { NameRules } from './path.js'
import type { FilesProgress } from './progress.js'
import type { FileFailure } from './sending.js'

/** What became of a stream, at the receiver. */
export type Received =
  /** All files that could be had are in their place. `confirmed` when the sender knows that. */
  | { readonly type: 'done', readonly transfer: Transfer, readonly failures: readonly FileFailure[], readonly confirmed: boolean }
  /** The stream was lost, or nobody has said yes or no in time; the transfer goes on when the sender comes again. Without a transfer, when it was lost before the offer. */
  | { readonly type: 'interrupted', readonly transfer: Transfer | undefined, readonly error: Error }
  /** It was declined, stopped, or has failed. What has come is kept. Without a transfer, when nothing was offered, or nobody was asked: with ERR_FILES_BUSY the sender tries again. */
  | { readonly type: 'failed', readonly transfer: Transfer | undefined, readonly error: Error }

/** Options of `FileReceiver`. */
export interface ReceiverOptions {
  /** Whether a transfer is wanted. Asked once for as long as it is remembered, also when its stream is lost and comes again. `signal` aborts when nobody waits for the answer any more. */
  accept(transfer: Transfer, signal: AbortSignal): MaybePromise<boolean>
  /** Stops all that is under way, and refuses what comes. What has come is kept. */
  signal?: AbortSignal | undefined
  limits?: FilesLimits | undefined
  /** Which names are taken. Default `portable`. */
  names?: NameRules | undefined
  /** A transfer begins, or goes on. */
  onBegin?: ((transfer: Transfer) => void) | undefined
  /** Called often, for each piece: draw at your own pace. */
  onProgress?: ((transfer: Transfer, progress: FilesProgress) => void) | undefined
}
