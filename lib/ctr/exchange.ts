import { crypto, wipe } from '../crypto/index.js'
import { asError, performHandshake, type Duplex, type Handshake, type HandshakeFraming, type HandshakeOptions } from '../stream/index.js'
import { ctrError } from './errors.js'
import { checkNonce, checkRole, checkSecret, connectionBlock, NONCE_BYTES, type CtrRole } from './secrets.js'
import { SharedBlock } from './shared-block.js'

/** Options of {@link NonceExchange}. */
export interface NonceExchangeOptions {
  role: CtrRole
  /** What both sides have agreed on beforehand: 32 bytes of good randomness or more. Copied. */
  secret: Uint8Array
  /** Our 32 bytes; drawn at random unless given, which is for tests alone. */
  nonce?: Uint8Array | undefined
}

/**
 * How a connection gets a block of its own (ctr.md, Secrets): each side sends 32 random bytes in the clear, at once and without
 * waiting for the other's; sans I/O. Nothing here says who the other side is: that it has the secret shows in its first frame.
 */
export class NonceExchange implements Handshake<SharedBlock> {
  readonly #role: CtrRole
  readonly #secret: Uint8Array
  readonly #nonce: Uint8Array
  #turn: 'write' | 'read' | 'done' | 'destroyed' = 'write'
  #block: SharedBlock | undefined

  /** @throws ERR_CTR_SECRET, ERR_CTR_NONCE, ERR_CTR_OPTION */
  constructor (options: NonceExchangeOptions) {
    const given: unknown = options
    if (typeof given !== 'object' || given === null) throw ctrError('ERR_CTR_OPTION', 'options are an object')
    const { role, secret, nonce } = options
    checkRole(role)
    checkSecret(secret)
    this.#role = role
    this.#nonce = nonce === undefined ? crypto.randomBytes(NONCE_BYTES) : new Uint8Array(checkNonce(nonce))
    // last of all that can fail: nobody could wipe it
    this.#secret = new Uint8Array(secret)
  }

  get turn (): 'write' | 'read' | 'done' { return this.#turn === 'destroyed' ? 'done' : this.#turn }

  /** Our nonce, 32 bytes. @throws ERR_CTR_TURN */
  write (): Uint8Array {
    this.#take('write', 'read')
    return new Uint8Array(this.#nonce)
  }

  /** Takes the nonce of the other side. @throws ERR_CTR_NONCE, ERR_CTR_REFLECTED, ERR_CTR_TURN */
  read (message: Uint8Array): void {
    this.#take('read', 'done')
    const [ours, theirs] = [this.#nonce, checkNonce(message)]
    if (crypto.equal(ours, theirs)) throw ctrError('ERR_CTR_REFLECTED')
    const [one, other] = [connectionBlock(this.#secret, { top: ours, bottom: theirs }), connectionBlock(this.#secret, { top: theirs, bottom: ours })]
    // a peer that has taken our role as well has put its own nonce where we have put ours
    this.#block = this.#role === 'top' ? new SharedBlock(one, other) : new SharedBlock(other, one)
    wipe(one, other, this.#secret)
  }

  /** The block of this connection, the same object at every call. @throws ERR_CTR_TURN */
  result (): SharedBlock {
    if (this.#block === undefined) throw ctrError('ERR_CTR_TURN')
    return this.#block
  }

  /** Wipes secret and block. */
  destroy (): void {
    this.#turn = 'destroyed'
    wipe(this.#secret)
    this.#block?.destroy()
    this.#block = undefined
  }

  #take (turn: 'write' | 'read', next: 'read' | 'done'): void {
    if (this.#turn !== turn) throw ctrError('ERR_CTR_TURN')
    this.#turn = next
  }
}

/** Nonces have one length, so nothing stands before them. */
const framing: HandshakeFraming = {
  encode: message => message,
  read: (reader, signal) => reader.read(NONCE_BYTES, { signal })
}

/**
 * Runs the exchange over a duplex; `timeout` is for the whole of it (10,000 ms). When it fails, the duplex is aborted.
 *
 * @returns the block of this connection, and the duplex that {@link ctrFrames} goes on
 * @throws ERR_CTR_SECRET, ERR_CTR_OPTION, ERR_CTR_REFLECTED, ERR_HANDSHAKE_TIMEOUT, the signal's reason, or what the duplex threw
 */
export async function exchangeNonces (duplex: Duplex, options: NonceExchangeOptions & HandshakeOptions): Promise<{ block: SharedBlock, duplex: Duplex }> {
  let exchange: NonceExchange
  try {
    exchange = new NonceExchange(options)
  } catch (error) {
    duplex.abort(asError(error))
    throw error
  }
  const { result: block, duplex: after } = await performHandshake(duplex, exchange, framing, options)
  return { block, duplex: after }
}
