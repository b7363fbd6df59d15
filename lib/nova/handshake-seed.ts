import { crypto, hkdf, KEY_BYTES, wipe, type AgreementKey } from '../crypto/index.js'
import { checkExpected, FUNCTION, HushwireError, join, oneOf, type Expected, type Handshake } from '../stream/index.js'
import { handshakeError } from './handshake-errors.js'

/** Options of {@link SeedHandshake}. */
export interface SeedHandshakeOptions {
  /** The initiator writes first. A hello does not depend on the other one, so two initiators agree as well. */
  role: 'initiator' | 'responder'
  /** What the key is for: `hop` (the default) stands for `novaproto/c2s/v1`, `peer` for `novaproto/c2c/v1`; or bytes of one's own. */
  info?: 'hop' | 'peer' | Uint8Array | undefined
  /** The salt from both public keys (32 bytes each); by default the two in ascending byte order. It must come out the same at both ends. */
  salt?: ((publicKey: Uint8Array, remotePublicKey: Uint8Array) => Uint8Array) | undefined
  /** Our key, from then on the handshake's, which destroys it; a new one unless given. */
  key?: AgreementKey | undefined
}

/** What the seed's handshake agreed on. */
export interface SeedAgreement {
  /** One key for both directions, 32 bytes, the caller's to wipe. */
  readonly key: Uint8Array
  readonly publicKey: Uint8Array
  /** Whose it is nobody has proved. */
  readonly remotePublicKey: Uint8Array
}

const ascii = new TextEncoder()
const INFO = { hop: ascii.encode('novaproto/c2s/v1'), peer: ascii.encode('novaproto/c2c/v1') } as const
/** What callers without types can get wrong: two of another role would wait for each other. */
const OPTIONS: Readonly<Record<string, Expected>> = {
  role: oneOf('initiator', 'responder'),
  info: [value => value === 'hop' || value === 'peer' || value instanceof Uint8Array, '"hop", "peer" or bytes'],
  salt: FUNCTION
}

/**
 * The handshake of the seed (nova.md, Handshake of the seed): a hello each way, which is a 32-byte X25519 public key,
 * then HKDF-SHA256. **It authenticates nobody**: whoever stands in between can read and change everything. It is for
 * peers that speak the seed's wire; everything else takes `HardenedHandshake`.
 *
 * @example
 * ```ts runnable
 * import { SeedHandshake } from 'hushwire/nova'
 *
 * const client = new SeedHandshake({ role: 'initiator' })
 * const server = new SeedHandshake({ role: 'responder' })
 * server.read(client.write())
 * client.read(server.write())
 * console.log(client.result().key.byteLength) // 32
 * ```
 */
export class SeedHandshake implements Handshake<SeedAgreement> {
  readonly #options: SeedHandshakeOptions
  readonly #key: AgreementKey
  readonly #publicKey: Uint8Array
  #written = false
  #result: SeedAgreement | undefined
  #destroyed = false

  /** @throws ERR_HANDSHAKE_OPTION when the role or the info is none */
  constructor (options: SeedHandshakeOptions) {
    checkExpected(options, OPTIONS, ['role'], sentence => handshakeError('ERR_HANDSHAKE_OPTION', sentence))
    this.#options = options
    this.#key = options.key ?? crypto.x25519()
    this.#publicKey = this.#key.publicKey.slice()
  }

  get turn (): 'write' | 'read' | 'done' {
    const read = this.#result !== undefined
    if (read && this.#written) return 'done'
    return !this.#written && (read || this.#options.role === 'initiator') ? 'write' : 'read'
  }

  /**
   * Our hello.
   *
   * @returns 32 bytes, the caller's
   * @throws ERR_HANDSHAKE_TURN, ERR_HANDSHAKE_DESTROYED
   */
  write (): Uint8Array {
    return this.#guard('write', () => {
      this.#written = true
      return this.#publicKey.slice()
    })
  }

  /**
   * Takes the hello of the other side.
   *
   * @throws ERR_HANDSHAKE_MESSAGE when it is not 32 bytes, ERR_HANDSHAKE_LOW_ORDER, ERR_HANDSHAKE_REFLECTED when it is
   *   our own, ERR_HANDSHAKE_TURN, ERR_HANDSHAKE_DESTROYED
   */
  read (message: Uint8Array): void {
    this.#guard('read', () => {
      if (message.byteLength !== KEY_BYTES) throw handshakeError('ERR_HANDSHAKE_MESSAGE', `a hello of ${message.byteLength} bytes`)
      const remotePublicKey = new Uint8Array(message)
      const [ours, theirs] = [this.#publicKey, remotePublicKey].map(canonical)
      if (crypto.equal(ours as Uint8Array, theirs as Uint8Array)) throw handshakeError('ERR_HANDSHAKE_REFLECTED')
      this.#result = { key: this.#derive(remotePublicKey), publicKey: this.#publicKey, remotePublicKey }
      this.#key.destroy()
    })
  }

  /**
   * What was agreed, the same object at every call.
   *
   * @throws ERR_HANDSHAKE_TURN before both hellos, ERR_HANDSHAKE_DESTROYED after a failure
   */
  result (): SeedAgreement {
    if (this.#destroyed) throw handshakeError('ERR_HANDSHAKE_DESTROYED')
    if (this.#result === undefined || !this.#written) throw handshakeError('ERR_HANDSHAKE_TURN', 'the handshake is not done')
    return this.#result
  }

  /** Wipes what is secret, the key of a result included. */
  destroy (): void {
    this.#destroyed = true
    this.#key.destroy()
    wipe(this.#result?.key)
    this.#result = undefined
  }

  #derive (remotePublicKey: Uint8Array): Uint8Array {
    const { info = 'hop', salt = ascending } = this.#options
    const secret = agree(this.#key, remotePublicKey)
    try {
      const about = typeof info === 'string' ? INFO[info] : info
      return hkdf(crypto.sha256, secret, salt(this.#publicKey.slice(), remotePublicKey.slice()), about, KEY_BYTES)
    } finally {
      wipe(secret)
    }
  }

  #guard<T> (turn: 'write' | 'read', run: () => T): T {
    if (this.#destroyed) throw handshakeError('ERR_HANDSHAKE_DESTROYED')
    try {
      if (this.turn !== turn) throw handshakeError('ERR_HANDSHAKE_TURN')
      return run()
    } catch (error) {
      this.destroy()
      throw error
    }
  }
}

/** Both public keys, the lower first. */
function ascending (a: Uint8Array, b: Uint8Array): Uint8Array {
  const at = a.findIndex((byte, index) => byte !== b[index])
  return join(at < 0 || (a[at] as number) < (b[at] as number) ? [a, b] : [b, a])
}

/** Without the top bit, which X25519 passes over: with it set, our own key would still be our own. */
function canonical (publicKey: Uint8Array): Uint8Array {
  const key = new Uint8Array(publicKey)
  key[KEY_BYTES - 1] = (key[KEY_BYTES - 1] as number) & 0x7f
  return key
}

function agree (key: AgreementKey, peer: Uint8Array): Uint8Array {
  try {
    return key.agree(peer)
  } catch (error) {
    if (error instanceof HushwireError && error.code === 'ERR_CRYPTO_LOW_ORDER') throw handshakeError('ERR_HANDSHAKE_LOW_ORDER', undefined, error)
    throw error
  }
}
