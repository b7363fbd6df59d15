/** What the Go peer is asked to do and what it reports; the same as in interop/nova-go/job.go, bytes as hex. */
export interface Job {
  /** The key of each direction, as theirs are. */
  seal?: string
  open?: string
  /** In place of keys: the seed's handshake. */
  handshake?: { salt?: string, info?: string, client?: boolean, low?: boolean }
  /** Contents of plain frames before the key; as many are read. */
  plain?: string[]
  obfuscate?: boolean
  layer?: 'packets' | 'routed' | 'session'
  sessionKey?: string
  /** In place of the session's key: the seed's handshake in routed packets. */
  peerHello?: Route
  /** Content bytes of a frame. */
  frameSize?: number
  inFlight?: number
  send?: Item[]
  /** A packet more: a session of what the one that comes holds, each piece flushed at once. */
  echo?: Route
  /** In place of packets: frames as they are written here. */
  frames?: RawFrame[]
  /** Bytes of the last raw frame that are not written. */
  cut?: number
}

/** Bytes that both sides can make: pseudo-random ones, or text. */
export interface Content {
  seed: number
  size: number
  text?: boolean
}

/** A routing header. */
export interface Route {
  target: string
  source: string
  /** Decimal. */
  kind: string
}

/** One packet. */
export interface Item extends Partial<Content> {
  /** The next one unless given. */
  nonce?: number
  header?: Route
  session?: {
    level?: number
    /** Each flushed, in place of the item's own content. */
    messages?: Content[]
    /** The name of a body that must be refused. */
    broken?: string
  }
}

/** A frame that may break the rules. */
export interface RawFrame {
  packetNonce: number
  frameNonce: number
  terminating?: boolean
  /** Not sealed even where there is a key. */
  plain?: boolean
  content?: string
  /** Pseudo-random content of this size, in place of `content`. */
  size?: number
  /** The byte of the wire whose lowest bit is changed. */
  flip?: number
  /** Written so many times more. */
  repeat?: number
  /** What is written over the first bytes of the header. */
  header?: string
}

/** What a peer saw; ours gives the same. */
export interface Report {
  plain?: string[]
  packets: Received[]
  /** Packets of the other side in flight at once, at the most; theirs tells. */
  together?: number
  /** Of the connection. */
  error?: string
}

/** A packet as it was read to its end. */
export interface Received {
  nonce?: number
  header?: Route
  size: number
  sha256: string
  error?: string
}
