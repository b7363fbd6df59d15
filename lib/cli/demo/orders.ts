import type { MemoryUse } from './memory-use.js'

/** The three processes. */
export type ProcessName = 'relay' | 'alice' | 'bob'

/** What the starting process asks of the others. */
export type Order =
  /** Bytes, all in base64, that the relay must not see. */
  | { readonly type: 'relay', readonly secrets: readonly string[], readonly postQuantum: boolean }
  | { readonly type: 'connect', readonly port: number, readonly relayKey: string, readonly postQuantum: boolean }
  /** Greets the peer, chats, and sends the file. */
  | { readonly type: 'send', readonly peer: string, readonly file: string }
  | { readonly type: 'receive', readonly peer: string }
  /** Ends in order and reports. */
  | { readonly type: 'finish' }
  /** Ends as failed. */
  | { readonly type: 'stop', readonly code: 'ERR_DEMO_TIMEOUT' | 'ERR_DEMO_STOPPED' }

/** What a file was, as one side saw it. */
export interface FileSeen {
  readonly bytes: number
  readonly sha256: string
  /** From the first byte to the other side's word that it has everything. */
  readonly seconds: number
}

/** What the relay saw. */
export interface RelaySight {
  readonly packets: number
  readonly bytes: number
  /** How many secrets it looked for. */
  readonly secrets: number
  /** How many of them it found. */
  readonly found: number
  /** Whether it finds them where they are. */
  readonly canFind: boolean
}

/** What the processes say. */
export type Report =
  | { readonly type: 'started' }
  | { readonly type: 'listening', readonly port: number, readonly relayKey: string }
  /** `protocol`: the Noise protocol of the link. */
  | { readonly type: 'connected', readonly id: string, readonly protocol: string }
  /** A line that arrived. */
  | { readonly type: 'chat', readonly text: string }
  | { readonly type: 'progress', readonly bytes: number }
  | { readonly type: 'file', readonly file: FileSeen }
  | { readonly type: 'ended', readonly memory: MemoryUse, readonly sight?: RelaySight }
  | { readonly type: 'failed', readonly code: string, readonly message: string }
