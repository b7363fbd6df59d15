import { open } from 'node:fs/promises'
import { MIN_SECRET_BYTES } from '../../ctr/index.js'
import { cliError } from '../errors.js'
import { reasonOf } from '../platform-reason.js'

/** A longer file is no secret but a mistake. */
const MAX_BYTES = 65_536
/** Permission bits of everybody but the owner. */
const OTHERS = 0o077

/**
 * The bytes of a file, as they are, a line end included.
 *
 * @param warn - told when others than its owner can read it
 * @returns 32 to 65,536 bytes, the caller's to wipe
 * @throws ERR_CLI_SECRET
 */
export async function readSecret (path: string, warn: (text: string) => void): Promise<Uint8Array> {
  const file = await open(path).catch((error: unknown) => { throw refusal(path, error) })
  try {
    const about = await file.stat()
    if (about.isDirectory()) throw cliError('ERR_CLI_SECRET', `${path} is a folder`)
    if (process.platform !== 'win32' && (about.mode & OTHERS) !== 0) warn(`others can read ${path}; chmod 600 ${path}`)
    const room = new Uint8Array(MAX_BYTES + 1)
    let length = 0
    // one byte more than allowed, and not all of what may be an endless device
    for (let read = 1; read > 0 && length < room.byteLength; length += read) read = (await file.read(room, length)).bytesRead
    if (length < MIN_SECRET_BYTES) throw cliError('ERR_CLI_SECRET', `${path} has ${length} bytes, fewer than ${MIN_SECRET_BYTES}`)
    if (length > MAX_BYTES) throw cliError('ERR_CLI_SECRET', `${path} has more than ${MAX_BYTES} bytes`)
    const secret = new Uint8Array(room.subarray(0, length))
    room.fill(0)
    return secret
  } finally {
    await file.close()
  }
}

function refusal (path: string, cause: unknown): Error {
  return cliError('ERR_CLI_SECRET', `${path}: ${reasonOf(cause)}`, cause)
}
