import { open, readFile, stat } from 'node:fs/promises'
import { wipe } from '../../crypto/index.js'
import { createIdentity, importIdentity, type Identity } from '../../nova/index.js'
import { cliError } from '../errors.js'

/** Permission bits of everybody but the owner. */
const OTHERS = 0o077

/**
 * The identity of a file. One that is not there is made, with mode 0600, unless it must be there.
 *
 * @throws ERR_CLI_IDENTITY, also when others may read it
 */
export async function identityFile (path: string, { make }: { readonly make: boolean }): Promise<Identity> {
  try {
    return await read(path)
  } catch (error) {
    const code = (error as { code?: string }).code
    if (code === 'ENOENT' && make) return create(path)
    if (code === 'ERR_CLI_IDENTITY') throw error
    throw cliError('ERR_CLI_IDENTITY', `${path} (${code ?? 'unknown'})`, error)
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

async function create (path: string): Promise<Identity> {
  const identity = createIdentity()
  const stored = identity.exportPrivate()
  try {
    // never over a file that somebody else has made meanwhile
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(stored)
      await file.sync()
    } finally {
      await file.close()
    }
    return identity
  } catch (error) {
    identity.destroy()
    throw cliError('ERR_CLI_IDENTITY', `${path} cannot be made (${(error as { code?: string }).code ?? 'unknown'})`, error)
  } finally {
    wipe(stored)
  }
}
