import { LAST_NONCE } from './frame.js'
import type { PacketRules } from './packet-rules.js'

/** The nonces that are left for packets: they never restart, so the link ends before they run out. */
export class PacketNonces {
  readonly #warnNonce: number
  /** Told once when few are left. */
  #onExhausting: (() => void) | undefined
  /** The nonce that the next packet to be accepted is sure to get, at the latest. */
  #reserved: number

  constructor ({ firstNonce, warnNonce, onExhausting }: PacketRules) {
    this.#reserved = firstNonce
    this.#warnNonce = warnNonce
    this.#onExhausting = onExhausting
  }

  /** True when there is none for one more packet. */
  get exhausted (): boolean {
    if (this.#reserved >= this.#warnNonce) this.#warn()
    return this.#reserved >= LAST_NONCE
  }

  /** One more packet was accepted. */
  reserve (): void { this.#reserved++ }

  #warn (): void {
    const tell = this.#onExhausting
    this.#onExhausting = undefined
    tell?.()
  }
}
