import { checkUuid } from '../../bytes/index.js'
import { crypto, KEY_BYTES, TAG_BYTES, type BulkAead } from '../../crypto/index.js'
import { AESGCM, NoiseHandshake, X, type NoiseHandshakeOptions, type NoiseProtocol } from '../../noise/index.js'
import { join } from '../../stream/index.js'
import { PROOF_BYTES } from '../identity.js'
import type { ChunkCipher } from '../session/chunks.js'
import type { MessageRoute } from '../session/hardened-body.js'
import { sealedMailError } from './errors.js'
import { PREKEY_ID_BYTES } from './prekey.js'

/** Version of the body. */
export const MAIL_VERSION = 2
/** Bytes of a mark: what is remembered of mail that was opened. */
export const MARK_BYTES = 16
/** The sender's ephemeral key, its static key sealed, its proof sealed: always as long. */
const MESSAGE_BYTES = KEY_BYTES + KEY_BYTES + TAG_BYTES + PROOF_BYTES + TAG_BYTES
const LENGTH_AT = 1 + PREKEY_ID_BYTES
const MESSAGE_AT = LENGTH_AT + 2
/** Bytes of a body before its chunks: version u8 | prekeyId (8) | length u16 | the Noise message (192). */
export const MAIL_HEADER_BYTES = MESSAGE_AT + MESSAGE_BYTES

const LABEL = new TextEncoder().encode('hushwire/mail/1')
const MAX_KIND = 2n ** 64n - 1n

/** Without the lookup by name, which would bring every pattern, cipher and hash along. */
const PROTOCOL: NoiseProtocol = { name: 'Noise_X_25519_AESGCM_SHA256', pattern: X, cipher: AESGCM, hash: crypto.sha256 }

/** What stands before the chunks, taken apart; views. */
export interface MailHeader {
  readonly prekeyId: Uint8Array
  readonly message: Uint8Array
}

export function encodeMailHeader ({ prekeyId, message }: MailHeader): Uint8Array {
  return join([Uint8Array.of(MAIL_VERSION), prekeyId, Uint8Array.of(message.byteLength >>> 8, message.byteLength & 0xff), message])
}

/**
 * Takes {@link MAIL_HEADER_BYTES} bytes apart.
 *
 * @throws ERR_SEALED_MAIL_VERSION, ERR_SEALED_MAIL_LENGTH
 */
export function decodeMailHeader (header: Uint8Array): MailHeader {
  if (header[0] !== MAIL_VERSION) throw sealedMailError('ERR_SEALED_MAIL_VERSION', String(header[0]))
  const length = (header[LENGTH_AT] as number) * 256 + (header[LENGTH_AT + 1] as number)
  if (length !== MESSAGE_BYTES) throw sealedMailError('ERR_SEALED_MAIL_LENGTH', `${length} bytes`)
  return { prekeyId: header.subarray(1, LENGTH_AT), message: header.subarray(MESSAGE_AT) }
}

/** What a list of mail that was opened remembers of one: no two have the same, and nothing of it can be changed without the recipient noticing. */
export function markOf (message: Uint8Array): Uint8Array {
  return crypto.sha256.digest(message).slice(0, MARK_BYTES)
}

/** @throws ERR_UUID, ERR_SEALED_MAIL_ROUTE when the kind is no u64 */
export function mailHandshake (options: Omit<NoiseHandshakeOptions, 'protocol' | 'prologue'>, { target, source, kind }: MessageRoute): NoiseHandshake {
  if (typeof kind !== 'bigint' || kind < 0n || kind > MAX_KIND) throw sealedMailError('ERR_SEALED_MAIL_ROUTE', 'the kind is no u64')
  const kindBytes = new Uint8Array(8)
  new DataView(kindBytes.buffer).setBigUint64(0, kind)
  return new NoiseHandshake({ ...options, protocol: PROTOCOL, prologue: join([LABEL, checkUuid(target), checkUuid(source), kindBytes]) })
}

/** What opens or seals the chunks after a handshake that is done. All that is secret in the handshake is wiped. */
export function mailCipher (handshake: NoiseHandshake, header: Uint8Array): ChunkCipher {
  const { role, sendKey, receiveKey } = handshake.result()
  const aead: BulkAead = crypto.bulkAesGcm(role === 'initiator' ? sendKey : receiveKey)
  handshake.destroy()
  const last = join([Uint8Array.of(1), header])
  const other = join([Uint8Array.of(0), header])
  return { aead, noncePrefix: new Uint8Array(8), additionalData: final => final ? last : other }
}
