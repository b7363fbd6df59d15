/** Messages or chunks that are sent: each a packet or stream of its own, or all in one. */
export interface Work {
  readonly shape: 'one' | 'each'
  readonly count: number
  /** Bytes of each. */
  readonly size: number
}

/** What a client needs to find its server. */
export interface Place {
  readonly port: number
  /** Default: 127.0.0.1. */
  readonly host?: string | undefined
  /** Whatever else: a certificate, a public key, a peer id. */
  readonly proof?: Uint8Array | string | undefined
}

/** Percentiles of round trips, in microseconds. */
export interface RoundTrips {
  readonly p50: number
  readonly p99: number
}

/** What the server of a peer does; one connection at a time is measured. */
export interface PeerServer {
  place(): Promise<Place>
  /** From now on what comes is counted, for {@link PeerServer.arrived}. */
  expect(work: Work): Promise<void>
  /** When everything that was expected had come, on the clock of all processes. */
  arrived(): Promise<number>
}

/** What the client of a peer does. */
export interface PeerClient {
  /** Sends work, with at most `inFlight` of its packets or streams open at a time, and says when it began. */
  send(work: Work, inFlight?: number): Promise<number>
  /** Sends messages one after another, each when the one before has come back. */
  echo(count: number, size: number): Promise<RoundTrips>
}

/** How the two sides of a peer are started. */
export interface ServerOptions {
  /** Counts what comes, or sends it back. */
  readonly mode: 'count' | 'echo'
}

/** The client's options. */
export interface ClientOptions {
  readonly place: Place
}
