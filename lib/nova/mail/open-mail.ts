import { Uint8ArrayList } from 'uint8arraylist'
import { equalUuid, type Uuid } from '../../bytes/index.js'
import type { AgreementKey } from '../../crypto/index.js'
import type { NoiseHandshake } from '../../noise/index.js'
import { ByteQueue, checkExpected, checkOptionsObject, FUNCTION, HushwireError, isObject, isSource, letGo, notASource, type Bytes, type MaybePromise } from '../../stream/index.js'
import { verifyProof, type Peer } from '../identity.js'
import { openBody, readHeader, type OpenOptions } from '../session/body.js'
import { decodeMailHeader, MAIL_HEADER_BYTES, mailCipher, mailHandshake, markOf } from './envelope.js'
import { sealedMailError, type SEALED_MAIL_ERRORS } from './errors.js'

/** Bytes that mail opened as bytes may have, unless the caller says more. */
const MAX_INFLATED = 67_108_864

/** What mail that came is opened with, and what it came with. */
export interface OpenMailEnvelope {
  /**
   * Gives the private half of the prekey of this name (8 bytes, valid during the call), if it is held. It stays the owner's
   * and is used before {@link openMail} resolves.
   */
  readonly keys: (prekeyId: Uint8Array) => MaybePromise<AgreementKey | undefined>
  /** Our own id. */
  readonly self: Uuid
  /** The id of who is said to have sent it. */
  readonly from: Uuid
  /** The kind that it is said to be of. */
  readonly kind: bigint
}

/** What is known of mail before its content: all of it is authentic. */
export interface MailOrigin {
  /** Who has sealed it; its id is the one that the mail is said to be from. */
  readonly sender: Peer
  /** Names the prekey that it was sealed to, 8 bytes. */
  readonly prekeyId: Uint8Array
  /** The first 16 bytes of the SHA-256 of its Noise message: for the list of mail that was opened under a prekey that is kept. */
  readonly mark: Uint8Array
}

/** Mail whose sender is verified. */
export interface OpenedMail extends MailOrigin {
  /**
   * The message as it comes, the reader's. Its end says that it was whole; what it yields before is authentic, but may turn
   * out to be cut short. Who does not read it lets go of it with `return()`.
   *
   * @throws each of SESSION_ERRORS and ZLIB_ERRORS whose origin is remote, and what the source throws
   */
  readonly message: AsyncIterableIterator<Uint8Array>
}

/**
 * Opens the body of mail as far as its sender, and gives the rest of it to be read. Nothing of it is given out before the
 * Noise message has opened under the prekey, for this recipient, sender and kind, and the sender has proved its identity.
 * Whether the mail came before, it does not know: a one-time prekey is deleted when it was used, and for one that is kept,
 * the caller keeps a list of marks. When it rejects, the source is let go of.
 *
 * @param options - the caller sets `maxInflated` where it cannot take messages of any size
 * @throws ERR_SESSION_EMPTY, ERR_SESSION_TRUNCATED, ERR_SEALED_MAIL_VERSION, ERR_SEALED_MAIL_LENGTH, ERR_SEALED_MAIL_UNKNOWN_PREKEY,
 *   ERR_SEALED_MAIL_AUTH, ERR_SEALED_MAIL_PROOF, ERR_SEALED_MAIL_SENDER, ERR_SEALED_MAIL_ROUTE, ERR_UUID, ERR_ARGUMENT, and what `keys` and
 *   the source throw (as rejections)
 */
export async function openMail (source: AsyncIterable<Bytes>, envelope: OpenMailEnvelope, options: OpenOptions = {}): Promise<OpenedMail> {
  if (!isSource(source)) throw notASource()
  const iterator = source[Symbol.asyncIterator]()
  try {
    checkOptionsObject(options)
    checkExpected(envelope, { keys: FUNCTION }, ['keys'])
    const { header, rest } = await readHeader(iterator, MAIL_HEADER_BYTES)
    const { prekeyId, message } = decodeMailHeader(header)
    const key = await envelope.keys(prekeyId)
    if (key === undefined) throw sealedMailError('ERR_SEALED_MAIL_UNKNOWN_PREKEY')
    const { handshake, sender } = meet(message, key, envelope)
    const { aead, ...cipher } = mailCipher(handshake, header)
    const release = (): void => { aead.destroy() }
    const opened = openBody(continued(rest, iterator), 0, () => ({ cipher: { aead, ...cipher }, release }), options)
    return { sender, prekeyId: new Uint8Array(prekeyId), mark: markOf(message), message: releasing(opened, release) }
  } catch (error) {
    letGo(iterator)
    throw error
  }
}

/** As {@link openMail}, in one piece, new memory; `maxInflated` is 64 MiB unless the caller says otherwise. @throws what `openMail` and its message do (as rejections) */
export async function openMailBytes (source: AsyncIterable<Bytes>, envelope: OpenMailEnvelope, options: OpenOptions = {}): Promise<MailOrigin & { readonly bytes: Uint8Array }> {
  // what are no options, openMail refuses
  const limited: OpenOptions = isObject(options) ? { ...options, maxInflated: (options as OpenOptions).maxInflated ?? MAX_INFLATED } : options
  const { message, ...origin } = await openMail(source, envelope, limited)
  // a queue, not a list: a flood of tiny chunks must not cost more than its bytes
  const queue = new ByteQueue()
  for await (const piece of message) queue.push(piece)
  return { ...origin, bytes: queue.takeJoined(queue.length) }
}

/** Opens the Noise message and finds out who has sealed it. */
function meet (message: Uint8Array, key: AgreementKey, { self, from, kind }: OpenMailEnvelope): { handshake: NoiseHandshake, sender: Peer } {
  let proof: Uint8Array | undefined
  const handshake = mailHandshake({ role: 'responder', staticKey: key, received: payload => { proof = payload } }, { target: self, source: from, kind })
  translated('ERR_SEALED_MAIL_AUTH', () => { void handshake.read(message) })
  try {
    const sender = translated('ERR_SEALED_MAIL_PROOF', () => verifyProof(handshake.remoteStatic as Uint8Array, proof as Uint8Array))
    if (!equalUuid(sender.id, from)) throw sealedMailError('ERR_SEALED_MAIL_SENDER')
    return { handshake, sender }
  } catch (error) {
    handshake.destroy()
    throw error
  }
}

/** What the other side did wrong, under a code that ends no more than this mail; any other failure goes on as it is. */
function translated<T> (code: keyof typeof SEALED_MAIL_ERRORS, run: () => T): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof HushwireError && error.origin === 'remote') throw sealedMailError(code, undefined, error)
    throw error
  }
}

/** What is left of an item, as one, and then what follows it. */
function continued (rest: Uint8Array[], iterator: AsyncIterator<Bytes>): AsyncIterable<Bytes> {
  let left: Uint8Array[] | undefined = rest
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => {
        if (left === undefined) return iterator.next()
        const value = new Uint8ArrayList(...left)
        left = undefined
        return Promise.resolve({ value, done: false })
      },
      return: async () => {
        letGo(iterator)
        return { value: undefined, done: true }
      }
    })
  }
}

/** A message that was never begun holds its key too. */
function releasing (message: AsyncIterableIterator<Uint8Array>, release: () => void): AsyncIterableIterator<Uint8Array> {
  const releasing: AsyncIterableIterator<Uint8Array> = {
    next: () => message.next(),
    return: async () => {
      release()
      await message.return?.()
      return { value: undefined, done: true }
    },
    [Symbol.asyncIterator]: () => releasing
  }
  return releasing
}
