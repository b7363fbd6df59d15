import { crypto } from '../../../lib/crypto/index.js'
import { join } from '../../../lib/stream/pieces.js'
import { KEY_ONE } from '../../nova/support.js'
import { holds, same, type Target } from '../target.js'

const NONCE = 12

/** AEAD ciphertext in any pieces: a byte for the cipher, a nonce, then what was sealed. */
export const aead: Target = {
  name: 'crypto.aead',
  backends: true,
  valid: random => {
    const chosen = random.nat(1)
    const nonce = random.bytes(NONCE)
    return join([Uint8Array.of(chosen), nonce, ...aeadOf(chosen).seal(nonce, nonce, [random.content(300)])])
  },
  decode: input => {
    const { chosen, rest } = input.choice(2)
    const [nonce, sealed] = [rest.subarray(0, NONCE), rest.subarray(NONCE)]
    const opened = aeadOf(chosen).open(nonce, nonce, [...input.chunks(sealed)])
    same('sealed again', join(aeadOf(chosen).seal(nonce, nonce, opened)), sealed)
  },
  codes: ['ERR_CRYPTO_AUTH', 'ERR_CRYPTO_NONCE'],
  first: ['ERR_CRYPTO_NONCE'],
  edges: [16],
  largest: bytes => 4096 + 4 * bytes,
  total: bytes => 131_072 + 256 * bytes
}

function aeadOf (chosen: number) {
  return chosen === 0 ? crypto.aesGcm(KEY_ONE) : crypto.chachaPoly(KEY_ONE)
}

/** Public keys that came over the wire: X25519. */
export const agreement: Target = {
  name: 'crypto.x25519',
  backends: true,
  exact: true,
  valid: random => random.nat(9) === 0 ? new Uint8Array(32).fill(random.nat(1)) : crypto.x25519(new Uint8Array(32).fill(random.nat(60))).publicKey,
  decode: input => {
    holds('a secret of 32 bytes', crypto.x25519(KEY_ONE).agree(input.bytes).byteLength === 32)
  },
  codes: ['ERR_CRYPTO_KEY', 'ERR_CRYPTO_LOW_ORDER'],
  first: ['ERR_CRYPTO_KEY'],
  edges: [32],
  largest: bytes => 4096 + bytes,
  total: () => 1_048_576
}
