import { createHash, type Hash } from 'node:crypto'
import { HushwireError } from '../../lib/stream/index.js'

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

/** Counts traffic. */
export class Tally {
  readonly #hash: Hash = createHash('sha256')
  #messages = 0
  #bytes = 0

  count (message: Uint8Array): void {
    this.#messages++
    this.#bytes += message.byteLength
    this.#hash.update(message)
  }

  total (): Traffic {
    return { messages: this.#messages, bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') }
  }
}

/** What our side reports of an error. */
export function failureOf (error: unknown): Pick<Report, 'kind' | 'error'> {
  const code = error instanceof HushwireError ? error.code : ''
  const kind = code === 'ERR_NOISE_AUTH' ? 'refused' : /^ERR_(TRUNCATED|TRANSPORT_)/.test(code) ? 'ended' : 'other'
  return { kind, error: error instanceof Error ? error.message : String(error) }
}
