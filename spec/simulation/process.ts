import type { Client } from '../../lib/relay/index.js'
import type { DiskStore } from './disk.js'

/** One process of an actor. */
export interface Process {
  readonly name: string
  readonly client: Client
  readonly store: DiskStore
  readonly stop: AbortController
  /** Why it is dead. */
  reason: Error | undefined
}
