import type { Uuid } from '../../bytes/index.js'
import type { RoutedHeader } from '../../nova/index.js'
import type { OperationName } from '../wire/index.js'

/** What a relay tells its owner. Nothing of what it carries is in it. `code` is one of `RELAY_CODES`. */
export type RelayEvent =
  /** A connection has said hello and is reached by its id from now on. */
  | { readonly type: 'connected', readonly id: Uuid, readonly address: string | undefined }
  /** A connection was not accepted: its handshake failed, the relay is full, admission turned it away, or its identity, the `id`, is none of the allowlist. */
  | { readonly type: 'refused', readonly id?: Uuid, readonly address: string | undefined, readonly error: Error }
  /** An identity has got an account. */
  | { readonly type: 'registered', readonly id: Uuid }
  /** A connection gave way to a newer one of the same identity. */
  | { readonly type: 'taken-over', readonly id: Uuid }
  /** A connection whose handshake was done is gone; with its cause when it did not end in order. `greeted`: it was `connected` before. */
  | { readonly type: 'disconnected', readonly id: Uuid, readonly address: string | undefined, readonly greeted: boolean, readonly error: Error | undefined }
  /** A live packet has been handed on whole; so many bytes of body. */
  | { readonly type: 'forwarded', readonly header: RoutedHeader, readonly bytes: number }
  /** A packet was refused, or not delivered whole. */
  | { readonly type: 'undelivered', readonly header: RoutedHeader, readonly code: number, readonly error: Error | undefined }
  /** A live packet was ended by its sender, or by the end of its sender's connection. */
  | { readonly type: 'broken-off', readonly header: RoutedHeader, readonly error: Error }
  /** A live packet was stopped by its target. */
  | { readonly type: 'stopped', readonly header: RoutedHeader, readonly error: Error }
  /** A request has been answered, with `ok` or a refusal; `operation` is undefined for one that there is not. */
  | { readonly type: 'answered', readonly id: Uuid, readonly operation: OperationName | undefined, readonly code: number, readonly error: Error | undefined }
  /** A message is in the mailbox. */
  | { readonly type: 'mail-stored', readonly sender: Uuid, readonly recipient: Uuid, readonly bytes: number }
  /** A message was in the mailbox already. */
  | { readonly type: 'mail-duplicate', readonly sender: Uuid, readonly recipient: Uuid }
  /** A message was handed to its recipient's connection. */
  | { readonly type: 'mail-delivered', readonly sender: Uuid, readonly recipient: Uuid, readonly bytes: number }
  /** A recipient has taken so many messages, which are deleted. */
  | { readonly type: 'mail-taken', readonly recipient: Uuid, readonly messages: number }
  /** A message was not delivered whole: it was damaged, has run out meanwhile, or its recipient stopped it. */
  | { readonly type: 'mail-undelivered', readonly recipient: Uuid, readonly error: Error }
  /** So many messages have run out and are deleted. */
  | { readonly type: 'mail-expired', readonly messages: number }
  /** A connection that took nothing of what waits for it is cut. */
  | { readonly type: 'slow-consumer', readonly id: Uuid }
  /** A connection that did not answer a ping is cut. */
  | { readonly type: 'silent', readonly id: Uuid }
  /** No more connections are taken; those that stand finish what is under way. */
  | { readonly type: 'draining' }
  /** Everything under way has been finished, but for so many connections that were not done in time. */
  | { readonly type: 'drained', readonly unfinished: number }
  /** Work that nobody waits for has failed, such as deleting what has run out. */
  | { readonly type: 'failed', readonly error: Error }
