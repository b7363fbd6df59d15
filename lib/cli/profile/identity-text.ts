import { scrypt } from 'node:crypto'
import { decode, encode, fixedBytes, struct, uint8 } from '../../bytes/index.js'
import { crypto, KEY_BYTES, NONCE_BYTES, TAG_BYTES, wipe, type Aead } from '../../crypto/index.js'
import { importIdentity, STORED_IDENTITY_BYTES, type Identity } from '../../nova/index.js'
import { join } from '../../stream/index.js'
import { cliError } from '../errors.js'

/** What the text begins with; base64url of the bytes follows, and the end of the line. */
const SCHEME = 'hushwire-identity:'
const VERSION = 1
const IN_THE_CLEAR = 0
const SCRYPT = 1
const SALT_BYTES = 16
/** What a key is made with: 128 MiB and about half a second, for who guesses too. */
const COST = { log2N: 17, blockSize: 8, lanes: 1 } as const
/** What a text may ask for: more than 256 MiB of memory is an attack, less than 16 MiB a mistake. */
const MAX_COST = { log2N: 18, blockSize: 8, lanes: 4 } as const
const MIN_LOG2N = 14
/** Each sealing has a salt and so a key of its own, which is used once. */
const NONCE = new Uint8Array(NONCE_BYTES)
/** Characters of the longest text. */
export const MAX_IDENTITY_TEXT = 1024

const HEAD = { version: uint8, sealing: uint8, publicKey: fixedBytes(KEY_BYTES) }
const PLAIN = struct({ ...HEAD, keys: fixedBytes(STORED_IDENTITY_BYTES) })
const COSTS = { log2N: uint8, blockSize: uint8, lanes: uint8, salt: fixedBytes(SALT_BYTES) }
const SEALED_HEAD = struct({ ...HEAD, ...COSTS })
const SEALED = struct({ ...HEAD, ...COSTS, keys: fixedBytes(STORED_IDENTITY_BYTES + TAG_BYTES) })

type Cost = Readonly<Record<keyof typeof COST, number>>

/** An identity as a file has it. */
export interface StoredIdentity {
  /** Readable without the passphrase, and believed only when the keys have been opened. */
  readonly publicKey: Uint8Array
  /** True when a passphrase opens it. */
  readonly sealed: boolean
  /**
   * The identity, the caller's to destroy.
   *
   * @param passphrase - UTF-8, when it is sealed; the caller's to wipe
   * @throws ERR_CLI_PASSPHRASE when it is another one, or the text was changed; ERR_CLI_IDENTITY (as rejections)
   */
  open(passphrase?: Uint8Array): Promise<Identity>
}

/** An identity as text, one line, sealed when there is a passphrase. */
export async function formatIdentity (identity: Identity, passphrase?: Uint8Array): Promise<string> {
  const keys = identity.exportPrivate()
  const head = { version: VERSION, publicKey: identity.publicKey }
  try {
    if (passphrase === undefined) return written(encode(PLAIN, { ...head, sealing: IN_THE_CLEAR, keys }))
    const about = { ...head, sealing: SCRYPT, ...COST, salt: crypto.randomBytes(SALT_BYTES) }
    const cipher = await cipherOf(passphrase, about.salt, COST)
    try {
      const sealed = cipher.seal(NONCE, encode(SEALED_HEAD, about), [keys])
      return written(encode(SEALED, { ...about, keys: join(sealed) }))
    } finally {
      cipher.destroy()
    }
  } finally {
    wipe(keys)
  }
}

/** Reads the text of an identity, and checks everything that can be without a passphrase. @throws ERR_CLI_IDENTITY */
export function parseIdentity (text: string): StoredIdentity {
  const bytes = bytesOf(text.trim())
  const [version, sealing] = bytes
  if (version !== VERSION) throw cliError('ERR_CLI_IDENTITY', 'it is of another version; use the hushwire that wrote it')
  if (sealing === IN_THE_CLEAR) {
    // kept as long as this is, as the file keeps them: it may be opened again
    const { publicKey, keys } = shaped(() => decode(PLAIN, bytes))
    return { publicKey, sealed: false, open: async () => identityOf(keys, publicKey) }
  }
  if (sealing !== SCRYPT) throw notOne()
  const { publicKey, keys, ...about } = shaped(() => decode(SEALED, bytes))
  if (about.log2N < MIN_LOG2N || about.log2N > MAX_COST.log2N || about.blockSize !== MAX_COST.blockSize || about.lanes < 1 || about.lanes > MAX_COST.lanes) throw cliError('ERR_CLI_IDENTITY', 'it asks for more or less work than a passphrase may cost')
  const head = bytes.subarray(0, SEALED_HEAD.minBytes)
  const open = async (passphrase?: Uint8Array): Promise<Identity> => {
    if (passphrase === undefined) throw cliError('ERR_CLI_PASSPHRASE', 'it is sealed, and none was given')
    const opened = await unseal(head, keys, passphrase, about)
    try {
      return identityOf(opened, publicKey)
    } finally {
      wipe(opened)
    }
  }
  return { publicKey, sealed: true, open }
}

async function unseal (head: Uint8Array, sealed: Uint8Array, passphrase: Uint8Array, about: Cost & { readonly salt: Uint8Array }): Promise<Uint8Array> {
  const cipher = await cipherOf(passphrase, about.salt, about)
  try {
    const parts = cipher.open(NONCE, head, [sealed])
    const whole = join(parts)
    wipe(...parts)
    return whole
  } catch (error) {
    throw cliError('ERR_CLI_PASSPHRASE', 'it is another one, or the identity was changed; type the right one, or give it by --passphrase-file FILE or HUSHWIRE_PASSPHRASE: nobody can open an identity without its passphrase', error)
  } finally {
    cipher.destroy()
  }
}

/** @throws ERR_CLI_IDENTITY when the keys are others than the text says */
function identityOf (keys: Uint8Array, publicKey: Uint8Array): Identity {
  const identity = shaped(() => importIdentity(keys))
  if (crypto.equal(identity.publicKey, publicKey)) return identity
  identity.destroy()
  throw notOne()
}

function cipherOf (passphrase: Uint8Array, salt: Uint8Array, { log2N, blockSize, lanes }: Cost): Promise<Aead> {
  const N = 2 ** log2N
  return new Promise((resolve, reject) => {
    scrypt(passphrase, salt, KEY_BYTES, { N, r: blockSize, p: lanes, maxmem: 2 * 128 * N * blockSize }, (error, key) => {
      if (error !== null) {
        reject(error)
        return
      }
      resolve(crypto.chachaPoly(key))
      wipe(key)
    })
  })
}

/** @param bytes - wiped */
function written (bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
  wipe(bytes)
  return `${SCHEME}${text}\n`
}

function bytesOf (text: string): Uint8Array {
  if (!text.startsWith(SCHEME) || text.length > MAX_IDENTITY_TEXT) throw notOne()
  // of the pool that all share
  const pooled = Buffer.from(text.slice(SCHEME.length), 'base64url')
  const bytes = new Uint8Array(pooled)
  // what Buffer passes over is no identity
  const exact = pooled.toString('base64url') === text.slice(SCHEME.length)
  wipe(pooled)
  if (exact) return bytes
  wipe(bytes)
  throw notOne()
}

function shaped<T> (read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw cliError('ERR_CLI_IDENTITY', 'what is there is no identity of hushwire', error)
  }
}

function notOne (): Error { return cliError('ERR_CLI_IDENTITY', 'what is there is no identity of hushwire') }
