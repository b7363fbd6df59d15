/** Mail as docs/protocol.md describes it, with node:crypto alone. */
import { createCipheriv, createDecipheriv, createHash, createHmac, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto'

const PRIVATE_DER = Buffer.from('302e020100300506032b656e04220420', 'hex')
const PUBLIC_DER = Buffer.from('302a300506032b656e032100', 'hex')
const PROTOCOL = 'Noise_X_25519_AESGCM_SHA256'

/** Who and what the Noise message is bound to. */
export interface Bound {
  readonly target: Uint8Array
  readonly source: Uint8Array
  readonly kind: bigint
}

const u32 = (value: number): Buffer => { const bytes = Buffer.alloc(4); bytes.writeUInt32BE(value); return bytes }
const u64 = (value: bigint): Buffer => { const bytes = Buffer.alloc(8); bytes.writeBigUInt64BE(value); return bytes }
const sha256 = (...pieces: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(pieces)).digest()
const hmac = (key: Uint8Array, ...pieces: Uint8Array[]): Buffer => createHmac('sha256', key).update(Buffer.concat(pieces)).digest()

function agree (privateKey: Uint8Array, publicKey: Uint8Array): Buffer {
  return diffieHellman({
    privateKey: createPrivateKey({ key: Buffer.concat([PRIVATE_DER, privateKey]), format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: Buffer.concat([PUBLIC_DER, publicKey]), format: 'der', type: 'spki' })
  })
}

/** HKDF of Noise with two outputs. */
function hkdf (chainingKey: Uint8Array, input: Uint8Array): [Buffer, Buffer] {
  const secret = hmac(chainingKey, input)
  const first = hmac(secret, Uint8Array.of(1))
  return [first, hmac(secret, first, Uint8Array.of(2))]
}

function seal (key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, plaintext: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(additionalData)
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()])
}

function open (key: Uint8Array, nonce: Uint8Array, additionalData: Uint8Array, sealed: Uint8Array): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(additionalData).setAuthTag(sealed.subarray(-16))
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
}

/** The hash after the prologue and the recipient's key. */
function begin (prekey: Uint8Array, { target, source, kind }: Bound): Buffer {
  const name = Buffer.alloc(32)
  name.write(PROTOCOL, 'ascii')
  return sha256(sha256(name, Buffer.from('hushwire/mail/1', 'ascii'), target, source, u64(kind)), prekey)
}

const NAME = (() => { const name = Buffer.alloc(32); name.write(PROTOCOL, 'ascii'); return name })()
const ZERO = Buffer.alloc(12)
const chunkNonce = (index: number): Buffer => Buffer.concat([Buffer.alloc(8), u32(index)])

/** What a sender puts into mail. Private keys are X25519, 32 raw bytes. */
export interface HandSealed extends Bound {
  readonly prekeyId: Uint8Array
  readonly prekey: Uint8Array
  readonly ephemeral: { readonly privateKey: Uint8Array, readonly publicKey: Uint8Array }
  readonly sender: { readonly privateKey: Uint8Array, readonly publicKey: Uint8Array }
  readonly payload: Uint8Array
  /** What `es` and `ss` agree on, where it is not what the keys say. */
  readonly agreed?: { readonly es?: Uint8Array, readonly ss?: Uint8Array }
  /** The plaintexts of the chunks. */
  readonly chunks: readonly Uint8Array[]
}

export function sealByHand (mail: HandSealed): Buffer {
  let hash = sha256(begin(mail.prekey, mail), mail.ephemeral.publicKey)
  const [afterEs, esKey] = hkdf(NAME, mail.agreed?.es ?? agree(mail.ephemeral.privateKey, mail.prekey))
  const sealedStatic = seal(esKey, ZERO, hash, mail.sender.publicKey)
  hash = sha256(hash, sealedStatic)
  const [afterSs, ssKey] = hkdf(afterEs, mail.agreed?.ss ?? agree(mail.sender.privateKey, mail.prekey))
  const sealedPayload = seal(ssKey, ZERO, hash, mail.payload)
  const [chunkKey] = hkdf(afterSs, Buffer.alloc(0))
  const message = Buffer.concat([mail.ephemeral.publicKey, sealedStatic, sealedPayload])
  const header = Buffer.concat([Uint8Array.of(2), mail.prekeyId, Uint8Array.of(message.byteLength >>> 8, message.byteLength & 255), message])
  const chunks = mail.chunks.map((plaintext, index) => {
    const final = Uint8Array.of(index === mail.chunks.length - 1 ? 1 : 0)
    const sealed = seal(chunkKey, chunkNonce(index), Buffer.concat([final, header]), plaintext)
    return Buffer.concat([u32(sealed.byteLength), final, sealed])
  })
  return Buffer.concat([header, ...chunks])
}

/** What mail holds. */
export interface HandOpened {
  readonly prekeyId: Buffer
  readonly senderStatic: Buffer
  readonly payload: Buffer
  readonly mark: Buffer
  /** The plaintexts of the chunks. */
  readonly chunks: Buffer[]
}

/** @throws when anything of it is not as it should be */
export function openByHand (body: Buffer, prekey: { readonly privateKey: Uint8Array, readonly publicKey: Uint8Array }, bound: Bound): HandOpened {
  const length = body.readUInt16BE(9)
  if (body[0] !== 2 || length !== 192) throw new Error('no mail')
  const [header, message] = [body.subarray(0, 11 + length), body.subarray(11, 11 + length)]
  const [ephemeral, sealedStatic, sealedPayload] = [message.subarray(0, 32), message.subarray(32, 80), message.subarray(80)]
  let hash = sha256(begin(prekey.publicKey, bound), ephemeral)
  const [afterEs, esKey] = hkdf(NAME, agree(prekey.privateKey, ephemeral))
  const senderStatic = open(esKey, ZERO, hash, sealedStatic)
  hash = sha256(hash, sealedStatic)
  const [afterSs, ssKey] = hkdf(afterEs, agree(prekey.privateKey, senderStatic))
  const payload = open(ssKey, ZERO, hash, sealedPayload)
  const [chunkKey] = hkdf(afterSs, Buffer.alloc(0))
  const chunks: Buffer[] = []
  let last = 0
  for (let at = header.byteLength; at < body.byteLength;) {
    const size = body.readUInt32BE(at)
    const final = body.subarray(at + 4, at + 5)
    if (last === 1) throw new Error('more after the final chunk')
    last = final[0] as number
    chunks.push(open(chunkKey, chunkNonce(chunks.length), Buffer.concat([final, header]), body.subarray(at + 5, at + 5 + size)))
    at += 5 + size
  }
  if (last !== 1) throw new Error('no final chunk')
  return { prekeyId: body.subarray(1, 9), senderStatic, payload, mark: sha256(message).subarray(0, 16), chunks }
}
