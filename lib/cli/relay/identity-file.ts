import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { wipe } from '../../crypto/index.js'
import { createIdentity, importIdentity, type Identity } from '../../nova/index.js'
import { cliError } from '../errors.js'
import { reasonOf } from '../platform-reason.js'
import { createFile, fileError, makeFolders, platformCode } from '../profile/private-file.js'

/** Permission bits of everybody but the owner. */
const OTHERS = 0o077

/** An identity that is to be in a file. */
export interface KeptIdentity {
  /** The caller's to destroy. */
  readonly identity: Identity
  /**
   * Writes it down, with mode 0600, when it was not there, whole or not at all; the folder is made, with mode 0700, where there is none.
   *
   * @throws ERR_CLI_IDENTITY when somebody else has made the file meanwhile, ERR_CLI_SPACE, ERR_CLI_FILE (as rejections)
   */
  readonly keep: () => Promise<void>
}

/**
 * The identity of a file.
 *
 * @throws ERR_CLI_IDENTITY, also when others may read it or it is not there
 */
export async function identityFile (path: string): Promise<Identity> {
  const identity = await found(path)
  if (identity === undefined) throw cliError('ERR_CLI_IDENTITY', `there is none at ${path}; start the relay first, which makes it, or give --identity or --config`)
  return identity
}

/**
 * The identity of a file, or a new one, of which nothing is written yet: a start that fails leaves no file.
 *
 * @throws ERR_CLI_IDENTITY, as {@link identityFile} when the file is there
 */
export async function identityToKeep (path: string): Promise<KeptIdentity> {
  const there = await found(path)
  if (there !== undefined) return { identity: there, keep: async () => {} }
  const identity = createIdentity()
  return { identity, keep: () => write(path, identity) }
}

async function found (path: string): Promise<Identity | undefined> {
  try {
    return await read(path)
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code === 'ENOENT') return undefined
    if (code === 'ERR_CLI_IDENTITY') throw error
    if (code === 'ERR_IDENTITY_STORED') throw cliError('ERR_CLI_IDENTITY', `${path} is not the identity file of a relay; give --identity another name, or put back the copy that was kept`, error)
    throw cliError('ERR_CLI_IDENTITY', `${path}: ${reasonOf(error)}`, error)
  }
}

async function read (path: string): Promise<Identity> {
  const about = await stat(path)
  if (!about.isFile()) throw cliError('ERR_CLI_IDENTITY', `${path} is no file`)
  if (process.platform !== 'win32' && (about.mode & OTHERS) !== 0) throw cliError('ERR_CLI_IDENTITY', `others may read ${path}; chmod 600 ${path}`)
  const stored = await readFile(path)
  try {
    return importIdentity(stored)
  } finally {
    wipe(stored)
  }
}

async function write (path: string, identity: Identity): Promise<void> {
  const stored = identity.exportPrivate()
  try {
    await makeFolders(dirname(path), 0o700).catch((error: unknown) => { throw fileError(error, `${path} cannot be made`) })
    // never over a file that somebody else has made meanwhile
    await createFile(path, stored)
  } catch (error) {
    if (platformCode(error) === 'EEXIST') throw cliError('ERR_CLI_IDENTITY', `${path} was made by something else meanwhile`, error)
    throw fileError(error, `${path} cannot be made`)
  } finally {
    wipe(stored)
  }
}
