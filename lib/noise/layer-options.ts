import { noiseError } from './errors.js'
import type { LengthBytes } from './message-framing.js'

/** Messages under one key, where both ends agree to rekey and nobody says otherwise. */
export const REKEY_AFTER = 2 ** 20

/** From so many bytes on, what has been sealed or opened is passed on. */
export const BATCH = 131_072

/** What an end of the stream means. */
export type NoiseEnd = 'authenticated' | 'unauthenticated'

/** Options of {@link noiseLayer}. */
export interface NoiseLayerOptions {
  /** Bytes of the length before each message. Default 4. */
  lengthBytes?: LengthBytes | undefined
  /**
   * `authenticated`: both ends say their end in an empty message, and an end without it is an error. `unauthenticated`:
   * the transport's end is taken for the other side's; whoever can cut the connection can then cut the data short
   * unseen, so choose it where what lies above has an end of its own. Unless given, no end is said, and the
   * transport's is an error.
   */
  end?: NoiseEnd | undefined
  /** Both ends replace the key of a direction after so many messages; {@link REKEY_AFTER} is a good number. Unless given, never. */
  rekeyAfter?: number | undefined
  /** Lets `rekey` be called: what comes is then opened message by message, each only when it is asked for. */
  manualRekey?: boolean | undefined
}

/** @throws ERR_NOISE_OPTIONS when one is not what it may be, or two contradict each other */
export function checkLayerOptions ({ lengthBytes, end, rekeyAfter, manualRekey }: NoiseLayerOptions): void {
  const length: number | undefined = lengthBytes
  const ending: string | undefined = end
  if (length !== undefined && length !== 2 && length !== 4) throw noiseError('ERR_NOISE_OPTIONS', 'lengthBytes is 2 or 4')
  if (ending !== undefined && ending !== 'authenticated' && ending !== 'unauthenticated') throw noiseError('ERR_NOISE_OPTIONS', 'end is authenticated or unauthenticated')
  if (rekeyAfter !== undefined && !(Number.isSafeInteger(rekeyAfter) && rekeyAfter > 0)) throw noiseError('ERR_NOISE_OPTIONS', 'rekeyAfter is a number of messages')
  if (rekeyAfter !== undefined && manualRekey === true) throw noiseError('ERR_NOISE_OPTIONS', 'rekeyAfter or manualRekey, not both')
}
