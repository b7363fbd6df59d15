import { PostQuantumHandshake, type Kem, type PostQuantumMode } from '../noise/index.js'
import { isObject, type Handshake } from '../stream/index.js'
import { checkOptions, HardenedHandshake, type HardenedHandshakeOptions, type HopAgreement } from './handshake-hardened.js'

/** Whether handshakes are hybrid: safe as long as either X25519 or the KEM is. */
export interface PostQuantum {
  /**
   * `required`: hybrid or not at all. `offered`: hybrid where the other side takes it, which costs a round trip to ask.
   * `off`: never.
   */
  readonly mode: PostQuantumMode
  /** The mechanism, such as `mlKem768` of `hushwire/noise/hybrid`; both ends have the same. */
  readonly kem: Kem
}

/** True for a {@link PostQuantum}: what is none, such as a bare mode, would be taken for `off`. */
export function isPostQuantum (value: unknown): value is PostQuantum {
  return isObject(value) && ['required', 'offered', 'off'].includes(value['mode'] as string) && isObject(value['kem'])
}

/** What {@link hardenedHandshake} gives: it never waits to write. */
export interface NegotiatedHandshake extends Handshake<HopAgreement> {
  write(): Uint8Array
}

/** {@link HardenedHandshake}, with what the two ends make of the hybrid one settled first. */
export function hardenedHandshake (options: HardenedHandshakeOptions, postQuantum: PostQuantum | undefined): NegotiatedHandshake {
  // a responder's own mistakes are not to wait for the first message
  checkOptions(options)
  return new PostQuantumHandshake({
    role: options.role,
    mode: postQuantum?.mode ?? 'off',
    make: (hybrid, agreed) => new HardenedHandshake({ ...options, agreed, kem: hybrid ? postQuantum?.kem : undefined })
  }) as NegotiatedHandshake
}
