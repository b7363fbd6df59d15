/** What the Go client is asked to do and what it reports; the same as in interop/relay-go/job.go, bytes as hex. */
export interface Job {
  /** Who the relay has to be; whoever it is unless given. */
  relay?: string
  /** The relay's static key: the handshake is IK. */
  relayStatic?: string
  window?: number
  maxPackets?: number
  /** Bytes that are written at once. */
  drip?: number
  /** Packets after which the key of its direction is replaced. */
  rekeyEvery?: number
  steps: Step[]
}

/** Bytes that both sides can make: pseudo-random ones, or text. */
export interface Content {
  seed: number
  size: number
  text?: boolean
}

/** One thing to do; what the other fields mean depends on it. */
export interface Step {
  do: 'hello' | 'lookup' | 'publish' | 'know prekeys' | 'take prekey' | 'mail' | 'receive' | 'watch' | 'presence' | 'greet' | 'greeted' | 'send' | 'messages' | 'talk' | 'serve'
  | 'ping' | 'goaway' | 'goaway comes' | 'end comes' | 'errors' | 'fill' | 'exhaust' | 'too many packets' | 'raw request'
  to?: string
  ids?: string[]
  /** Of hello; of a raw request, what is asked. */
  invite?: string
  oneTime?: number
  lastResort?: boolean
  replace?: boolean
  /** Decimal. */
  kind?: string
  content?: Content
  count?: number
  code?: number
  mode?: 'abort' | 'refuse' | 'after' | 'stalled' | 'leave' | 'keep' | 'more' | 'reset'
  pattern?: 'XX' | 'IK'
  /** The key for IK that is not asked for. */
  static?: string
  /** How what is sent is wrong. */
  broken?: string
  /** Mail: the body of the mail before. */
  again?: boolean
  /** Mail: half of it is sent, the rest after the goaway with the code. */
  pause?: string
  /** Of mail; random unless given. Of a raw packet its source. */
  id?: string
  after?: number
  maxUntaken?: number
  lifetime?: number
  online?: boolean
  /** The next steps do not wait for it. */
  background?: boolean
}

/** What became of a step. */
export interface Result {
  do: string
  error?: string
  value?: unknown
}

/** What a run has seen. */
export interface Report {
  id: string
  relay: string
  steps: Result[]
  errors: Array<{ code: number, target: string, kind: string, text: string }>
  goaways: number[]
  rekeys: number
  /** Of the handshake, or why the link ended. */
  error?: string
}

/** Mail or a live message as it was read. */
export interface Received {
  from: string
  kind: string
  size: number
  sha256: string
  error?: string
  oneTime?: boolean
  position?: number
}

/** What became of one stream. */
export interface Exchanged {
  size: number
  sha256: string
  error?: string
  /** The error of the direction that it writes. */
  write?: string
}
