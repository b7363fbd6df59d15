import { errorsOf, type ErrorTable } from '../stream/index.js'

/** The codes that `hushwire/noise` raises. Every one that is fatal has destroyed the state that raised it. */
export const NOISE_ERRORS = {
  ERR_NOISE_PROTOCOL: { origin: 'local', fatal: false, sentence: 'no such Noise protocol here' },
  ERR_NOISE_OPTIONS: { origin: 'local', fatal: false, sentence: 'an option is missing, is not what it may be, or does not go with the pattern' },
  ERR_NOISE_TURN: { origin: 'local', fatal: true, sentence: 'a handshake message out of turn' },
  ERR_NOISE_MESSAGE_SIZE: { origin: 'remote', fatal: true, sentence: 'a Noise message is at most 65,535 bytes' },
  ERR_NOISE_PAYLOAD_SIZE: { origin: 'local', fatal: true, sentence: 'the payload does not fit a Noise message of 65,535 bytes' },
  ERR_NOISE_TRUNCATED: { origin: 'remote', fatal: true, sentence: 'the message is shorter than its keys and tags' },
  ERR_NOISE_AUTH: { origin: 'remote', fatal: true, sentence: 'the message is not what the other side sealed for this handshake and its prologue' },
  ERR_NOISE_LOW_ORDER: { origin: 'remote', fatal: true, sentence: 'a public key of low order' },
  ERR_NOISE_KEM: { origin: 'remote', fatal: true, sentence: 'what should be a key or a ciphertext of the KEM is none' },
  ERR_NOISE_NONCES: { origin: 'local', fatal: true, sentence: 'all nonces of the key are used up' },
  ERR_NOISE_REFUSED: { origin: 'remote', fatal: true, sentence: 'the static key of the other side is not accepted' },
  ERR_NOISE_NEGOTIATION: { origin: 'remote', fatal: true, sentence: 'not an offer of patterns, or not an answer to one' },
  ERR_NOISE_ONE_WAY: { origin: 'local', fatal: false, sentence: 'the pattern is one-way and has no such direction' },
  ERR_NOISE_UNAUTHENTICATED_END: { origin: 'remote', fatal: true, sentence: 'the stream has ended, and nothing shows that the other side ended it' },
  ERR_NOISE_DESTROYED: { origin: 'local', fatal: true, sentence: 'the state was destroyed, or has failed before' }
} as const satisfies ErrorTable

/** Makes an error of {@link NOISE_ERRORS}. */
export const noiseError = errorsOf('noise', NOISE_ERRORS)
