import { join, unshared } from '../../stream/index.js'

const NONCE_BYTES = 12
const TAG_BYTES = 16
const LABEL = new TextEncoder().encode('hushwire/store/indexeddb/1')

/** How records lie in the database: closed by `seal`, and opened again. */
export interface Seal {
  seal(number: number, bytes: Uint8Array): Promise<Uint8Array>
  /** Undefined when it was changed, lay under another number, or was sealed with another key. */
  open(number: number, bytes: Uint8Array): Promise<Uint8Array | undefined>
}

/** As they are. */
export const noSeal: Seal = {
  seal: async (_number, bytes) => bytes,
  open: async (_number, bytes) => bytes
}

/**
 * AES-256-GCM by WebCrypto: a random nonce (12), then ciphertext and tag. The number of the record is authenticated with it, so that
 * none can be put in the place of another. Nonces are random: 2^32 writes is where their repetition begins to matter.
 */
export function sealWith (key: CryptoKey): Seal {
  const parameters = (number: number, nonce: Uint8Array): AesGcmParams => ({ name: 'AES-GCM', iv: unshared(nonce), additionalData: unshared(join([LABEL, numbered(number)])) })
  return {
    async seal (number, bytes) {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
      return join([nonce, new Uint8Array(await crypto.subtle.encrypt(parameters(number, nonce), key, unshared(bytes)))])
    },
    async open (number, bytes) {
      if (bytes.byteLength < NONCE_BYTES + TAG_BYTES) return undefined
      try {
        return new Uint8Array(await crypto.subtle.decrypt(parameters(number, bytes.subarray(0, NONCE_BYTES)), key, unshared(bytes.subarray(NONCE_BYTES))))
      } catch {
        // WebCrypto says no more than that it does not open
        return undefined
      }
    }
  }
}

function numbered (number: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setFloat64(0, number)
  return bytes
}
