import type { Uuid } from '../bytes/index.js'
import type { Deferred } from '../stream/index.js'
import type { Greeting } from './greeting.js'
import type { NegotiatedHandshake } from './post-quantum.js'

/** Who began. */
export type Role = 'initiator' | 'responder'

/** One handshake under way. */
export interface Attempt {
  readonly id: Uint8Array
  readonly peer: Uuid
  readonly handshake: NegotiatedHandshake
  readonly role: Role
  /** The step of the last message that was sent or read. */
  step: number
  /** Of a responder; an initiator's time is its dial's. */
  timer: ReturnType<typeof setTimeout> | undefined
  /** While a message is being checked: the callback about the peer may take its time. */
  busy: boolean
  /** A greeting with which the peer begins anew, for when this attempt is over. */
  next: Greeting | undefined
}

/** Those here who wait for keys with one peer, whoever's greeting brings them. */
export interface Dial {
  readonly peer: Uuid
  readonly staticKey: Uint8Array | undefined
  readonly outcome: Deferred<void>
  readonly timer: ReturnType<typeof setTimeout>
  /** The last attempt of ours. */
  attempt: Uint8Array | undefined
  waiting: number
}
