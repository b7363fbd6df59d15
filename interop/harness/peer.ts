import type { PeerProcess } from './peer-process.js'

/** What runs a peer's build; one that is not on this machine is named and its cases are left out. */
export type ToolchainName = 'go' | 'cargo'

/** A program over an independent implementation, and what it is to do with ours. */
export interface Peer {
  /** Its folder in interop/, and the name of the program that its build makes. */
  readonly name: string
  readonly toolchain: ToolchainName
  readonly cases: readonly Case[]
}

/** One meeting of ours with a peer. */
export interface Case {
  /** Short, and no other case of the peer has it. */
  readonly name: string
  /** Runs a second time on the portable backends. */
  readonly portable?: boolean
  /** Milliseconds until it has failed. Default 20,000. */
  readonly timeout?: number
  /** Passes by resolving. */
  run(context: CaseContext): Promise<void>
}

/** What a case has. */
export interface CaseContext {
  /**
   * Starts the peer, which gets the configuration as one line of JSON on its standard input, with the `port` on
   * 127.0.0.1 to connect to added. Resolves once it has connected. A case that is over has no process left: what
   * still runs then is killed, and that is a failure.
   */
  start(configuration: object): Promise<PeerProcess>
  /** Aborts when the time is up. */
  readonly signal: AbortSignal
}

export const CASE_TIMEOUT = 20_000
