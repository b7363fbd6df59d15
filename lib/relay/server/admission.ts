import type { Uuid } from '../../bytes/index.js'
import type { Duplex } from '../../stream/index.js'

/** A connection that was let in. */
export interface Admitted {
  /** The duplex as the relay is to use it: the same, or one that holds it to a rate. */
  duplex(duplex: Duplex): Duplex
  /** The handshake is over, and this is who it is. Called once at the most, and not when the handshake fails. */
  shook(identity: Uuid): void
  /** The connection is gone, whether its handshake came to an end or not. Called once. */
  closed(): void
}

/**
 * Who may come, and how much of whom is served: rates and counts by address and identity. The relay asks; what it cannot
 * know, such as what other processes have let in, is the implementation's.
 */
export interface Admission {
  /**
   * A connection from an address (undefined where the transport has none), before its handshake.
   *
   * @throws ERR_RELAY_FULL, ERR_RELAY_RATE when it is turned away
   */
  connection(address: string | undefined): Admitted
  /**
   * A packet of a connection begins.
   *
   * @returns false when it is over the rate: it is refused with the code `limit`, and not read
   */
  packet(identity: Uuid, address: string | undefined): boolean
}

const ADMITTED: Admitted = { duplex: duplex => duplex, shook: () => {}, closed: () => {} }

/** Lets everything in; the counts in `limits` of the relay hold nevertheless. */
export function admitAll (): Admission {
  return { connection: () => ADMITTED, packet: () => true }
}
