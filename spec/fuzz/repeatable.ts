import { crypto, type AgreementKey } from '../../lib/crypto/index.js'
import { cryptoError } from '../../lib/crypto/errors.js'
import { Random } from './random.js'

/** Private keys that are drawn, one after another and from the first again with every input. */
const KEYS = 8
/** Results that are remembered; then all are forgotten. */
const MEMORY = 8192
/** One in so many public keys that no valid encoding has is computed with. */
const COMPUTED = 16

/**
 * Makes what a decoder does a function of its input alone, so that a failure can be replayed: random bytes and keys
 * follow from their number within the input.
 *
 * An agreement costs a hundred times what a decoder does, so those with the keys of valid encodings are computed once.
 * Of keys that were changed, whose message cannot open any more, one in 16 is computed and so is whatever could be of
 * low order; a hash stands in for the secret of the others. The decoder reads every input all the same, and X25519
 * itself has a target of its own.
 */
class Repeatable {
  #random = new Random(0)
  #keys = 0
  #exact = true
  readonly #known = new Map<string, Uint8Array>()
  readonly #later = new Map<string, Uint8Array>()
  readonly #made = new Map<string, AgreementKey>()
  readonly #verified = new Map<string, boolean>()

  constructor () {
    const { x25519, verifyEd25519 } = crypto
    crypto.randomBytes = length => this.#random.bytes(length)
    // noble's own
    globalThis.crypto.getRandomValues = <T extends ArrayBufferView | null>(array: T): T => {
      if (array !== null) new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(this.#random.bytes(array.byteLength))
      return array
    }
    crypto.x25519 = privateKey => {
      const secret = privateKey ?? new Uint8Array(32).fill(this.#keys++ % KEYS + 1)
      const name = nameOf(secret)
      const key = remembered(this.#made, name, () => x25519(secret))
      return new RememberingKey(key, peer => this.#agree(key, peer))
    }
    crypto.verifyEd25519 = (publicKey, signature, ...message) =>
      remembered(this.#verified, [publicKey, signature, ...message].map(nameOf).join(), () => verifyEd25519(publicKey, signature, ...message))
  }

  /** Before each valid encoding. */
  prepare (): void {
    this.#exact = true
    this.#restart()
  }

  /** Before each input. @param exact - computes every agreement */
  begin (exact: boolean): void {
    this.#exact = exact
    this.#restart()
  }

  #restart (): void {
    this.#random = new Random(0)
    this.#keys = 0
  }

  #agree (key: AgreementKey, peer: Uint8Array): Uint8Array {
    // the same from either side
    const both = [key.publicKey, peer].map(nameOf).sort().join()
    const known = this.#known.get(both)
    if (known !== undefined) return known
    if (this.#exact) return remembered(this.#known, both, () => key.agree(peer))
    return remembered(this.#later, both, () => isComputed(peer) ? key.agree(peer) : crypto.sha256.digest(key.publicKey, peer))
  }
}

/** In place from here on: what is loaded after this module has its keys of it. */
export const repeatable = new Repeatable()

/** Points of low order have many equal bytes; keys of another length are refused. */
function isComputed (peer: Uint8Array): boolean {
  return peer.byteLength !== 32 || new Set(peer).size < 20 || (peer[5] as number) % COMPUTED === 0
}

function nameOf (bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** A key whose agreements are remembered; destroying it leaves the key that it stands for. */
class RememberingKey implements AgreementKey {
  readonly #key: AgreementKey
  readonly #agree: (peer: Uint8Array) => Uint8Array
  #destroyed = false

  constructor (key: AgreementKey, agree: (peer: Uint8Array) => Uint8Array) {
    this.#key = key
    this.#agree = agree
  }

  get publicKey (): Uint8Array { return this.#key.publicKey }

  agree (peer: Uint8Array): Uint8Array {
    if (this.#destroyed) throw cryptoError('ERR_CRYPTO_DESTROYED')
    // who has it wipes it
    return new Uint8Array(this.#agree(peer))
  }

  exportPrivate (): Uint8Array {
    if (this.#destroyed) throw cryptoError('ERR_CRYPTO_DESTROYED')
    return this.#key.exportPrivate()
  }

  destroy (): void { this.#destroyed = true }
}

function remembered<T> (memory: Map<string, T>, name: string, make: () => T): T {
  const known = memory.get(name)
  if (known !== undefined) return known
  if (memory.size >= MEMORY) memory.clear()
  const value = make()
  memory.set(name, value)
  return value
}
