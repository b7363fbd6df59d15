/** What went over a channel in one direction. */
export interface Traffic {
  readonly messages: number
  readonly bytes: number
  /** Of all plaintexts, one after another; hex. */
  readonly sha256: string
}

/** What a Noise peer says at its end; our side makes one too. Bytes are in hex. */
export interface Report {
  /** How far it came; `done` when everything was as it should. */
  readonly stage: 'start' | 'handshake' | 'transport' | 'end' | 'done'
  readonly handshakeHash: string
  /** Empty where the pattern has none. */
  readonly remoteStatic: string
  /** Those that came. */
  readonly payloads: readonly string[]
  readonly sent: Traffic
  readonly received: Traffic
  /** `refused`: by cryptography; `ended`: the connection ended early. */
  readonly kind?: 'refused' | 'ended' | 'other'
  readonly error?: string
}
