import { errorsOf, type ErrorTable } from '../stream/index.js'

/**
 * The codes of CTR peer frames. A remote and fatal one ends its direction: nothing more is delivered of it, and every
 * later read throws the same error.
 */
export const CTR_ERRORS = {
  ERR_CTR_SECRET: { origin: 'local', fatal: false, sentence: 'a secret is 32 bytes of good randomness, or more' },
  ERR_CTR_BLOCK: { origin: 'local', fatal: false, sentence: 'a shared block is 160 bytes, two halves of 80' },
  ERR_CTR_BLOCK_USED: { origin: 'local', fatal: false, sentence: 'this shared block has served a connection already: a second one would repeat its key stream, so bring a fresh one' },
  ERR_CTR_NONCE: { origin: 'remote', fatal: true, sentence: 'the nonce of a connection is 32 bytes from each side' },
  ERR_CTR_REFLECTED: { origin: 'remote', fatal: true, sentence: 'our own nonce came back: the other side is a mirror' },
  ERR_CTR_TURN: { origin: 'local', fatal: true, sentence: 'a message of the nonce exchange out of turn, or after it has failed' },
  ERR_CTR_OPTION: { origin: 'local', fatal: false, sentence: 'an option is not one of those there are' },
  ERR_CTR_DESTROYED: { origin: 'local', fatal: true, sentence: 'the keys of this direction were wiped' },
  ERR_CTR_FIRST_FRAME: { origin: 'remote', fatal: true, sentence: 'the first frame does not decipher: the secrets differ, or the other side speaks something else' },
  ERR_CTR_SAME_ROLE: { origin: 'remote', fatal: true, sentence: 'both sides have taken the same role: one has to be top and the other bottom' },
  ERR_CTR_CHECKSUM: { origin: 'remote', fatal: true, sentence: 'the checksum of a header does not fit: the frame was changed, or one is missing' },
  ERR_CTR_SEQUENCE: { origin: 'remote', fatal: true, sentence: 'a frame is not the next one of its direction' },
  ERR_CTR_LENGTH: { origin: 'remote', fatal: true, sentence: 'a header announces a longer payload than is taken (limits.maxPayload)' },
  ERR_CTR_MAC: { origin: 'remote', fatal: true, sentence: 'the mac of a frame does not fit: it was changed, or the two sides have different options' },
  ERR_CTR_TRUNCATED: { origin: 'remote', fatal: true, sentence: 'the stream ended inside a frame' },
  ERR_CTR_END: { origin: 'remote', fatal: true, sentence: 'the stream ended without the frame that ends a direction (endCode), or that frame had a payload' },
  ERR_CTR_CODE: { origin: 'local', fatal: false, sentence: 'a code is a whole number from 0 to 2^32 - 1, and not the endCode' },
  ERR_CTR_PAYLOAD: { origin: 'local', fatal: false, sentence: 'a payload is bytes, at most limits.maxPayload of them' },
  ERR_CTR_STALLED: { origin: 'remote', fatal: true, sentence: 'the other side stopped in the middle of a frame, so our turn to send did not come (limits.stallTimeout)' },
  ERR_CTR_SLOW: { origin: 'remote', fatal: false, sentence: 'the peer is slow: less has come than was asked for' },
  ERR_CTR_RECEIVE: { origin: 'local', fatal: false, sentence: 'receive takes a length in bytes and a timeout in milliseconds' },
  ERR_CTR_BUSY: { origin: 'local', fatal: false, sentence: 'one send and one receive at a time: await the one before' },
  ERR_CTR_ENDED: { origin: 'local', fatal: false, sentence: 'our direction has ended: nothing more can be sent' },
  ERR_CTR_CLOSE_TIMEOUT: { origin: 'remote', fatal: true, sentence: 'the other side did not end its direction in time' }
} as const satisfies ErrorTable

/** Makes an error of {@link CTR_ERRORS}. */
export const ctrError = errorsOf('ctr', CTR_ERRORS)
