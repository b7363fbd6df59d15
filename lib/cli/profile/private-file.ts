import { lstat, mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { wipe } from '../../crypto/index.js'
import { codeOf, ignore } from '../../stream/index.js'
import { cliError } from '../errors.js'
import { reasonOf } from '../platform-reason.js'

/** Permission bits of everybody but the owner: all of them, and those to write. */
const OTHERS = 0o077
const OTHERS_WRITE = 0o022

/** What others than the owner may do with a file. */
export type Others = 'nothing' | 'read'

/** Bytes of a file of ours that only we may read (or change, where others may read). They are the caller's to wipe. @returns undefined when it is not there @throws ERR_CLI_FILE */
export async function readPrivate (path: string, { limit, others }: { limit: number, others: Others }): Promise<Uint8Array | undefined> {
  let file: FileHandle
  try {
    file = await open(path)
  } catch (error) {
    if (platformCode(error) === 'ENOENT') return undefined
    throw cliError('ERR_CLI_FILE', `${path} cannot be read: ${reasonOf(error)}`, error)
  }
  try {
    const about = await file.stat()
    if (!about.isFile()) throw cliError('ERR_CLI_FILE', `${path} is no file`)
    // who owns a link decides what is read
    for (const { uid } of [about, await lstat(path)]) checkOwner(path, uid, process.getuid?.())
    checkMode(path, about.mode, others)
    return await readAll(file, path, limit)
  } catch (error) {
    throw fileError(error, `${path} cannot be read`)
  } finally {
    await file.close()
  }
}

/** All of a file, what is no plain file included, up to a limit. @throws ERR_CLI_FILE */
export async function readAll (file: FileHandle, path: string, limit: number): Promise<Uint8Array> {
  const room = new Uint8Array(limit + 1)
  try {
    let length = 0
    for (let read = 1; read > 0 && length < room.byteLength; length += read) read = (await file.read(room, length)).bytesRead
    if (length > limit) throw cliError('ERR_CLI_FILE', `${path} has more than ${limit} bytes`)
    return room.slice(0, length)
  } catch (error) {
    throw fileError(error, `${path} cannot be read`)
  } finally {
    wipe(room)
  }
}

/**
 * What another user owns is another user's to change; the system's administrator could change anything.
 *
 * @param own - who we are; undefined where users have no numbers, as on Windows
 * @throws ERR_CLI_FILE
 */
export function checkOwner (path: string, uid: number, own: number | undefined): void {
  if (own !== undefined && uid !== own && uid !== 0) throw cliError('ERR_CLI_FILE', `${path} belongs to another user; chown it, or take it away`)
}

/** @throws ERR_CLI_FILE when others may do more */
export function checkMode (path: string, mode: number, others: Others): void {
  if (process.platform === 'win32') return
  if (others === 'nothing' && (mode & OTHERS) !== 0) throw cliError('ERR_CLI_FILE', `others may read ${path}; chmod 600 ${path}`)
  if ((mode & OTHERS_WRITE) !== 0) throw cliError('ERR_CLI_FILE', `others may change ${path}; chmod go-w ${path}`)
}

/** A folder that only its owner may look into, made when it is not there. @throws ERR_CLI_FILE */
export async function privateFolder (path: string): Promise<void> {
  try {
    await makeFolders(path, 0o700)
    const { mode } = await stat(path)
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) throw cliError('ERR_CLI_FILE', `others may look into ${path}; chmod 700 ${path}`)
  } catch (error) {
    throw fileError(error, `${path} cannot be made`)
  }
}

/**
 * A folder, and those above it, made where they are not there. Node's own way of making them all never ends where a file system says of
 * what is in a folder that the folder is not there, as /proc does.
 *
 * @throws what the platform does (as a rejection)
 */
export async function makeFolders (path: string, mode = 0o777): Promise<void> {
  const whole = resolve(path)
  try {
    await makeFolder(whole, mode)
  } catch (error) {
    if (platformCode(error) !== 'ENOENT' || dirname(whole) === whole) throw error
    await makeFolders(dirname(whole), mode)
    await makeFolder(whole, mode)
  }
}

async function makeFolder (path: string, mode: number): Promise<void> {
  await mkdir(path, mode).catch(async (error: unknown) => {
    // some systems say more of a folder that is there than that it is
    if (!await stat(path).then(about => about.isDirectory(), () => false)) throw error
  })
}

/** A new file with mode 0600, written through; never over another one. @throws ERR_CLI_EXISTS, ERR_CLI_SPACE, ERR_CLI_FILE (as rejections) */
export async function writeNew (path: string, text: string): Promise<void> {
  try {
    await createFile(path, text)
  } catch (error) {
    if (platformCode(error) === 'EEXIST') throw cliError('ERR_CLI_EXISTS', path, error)
    throw fileError(error, `${path} cannot be written`)
  }
}

/** In the place of what is there, all of it or nothing. @throws ERR_CLI_SPACE, ERR_CLI_FILE (as rejections) */
export async function replaceFile (path: string, text: string): Promise<void> {
  const fresh = `${path}.new`
  try {
    await rm(fresh, { force: true })
    await writeThrough(fresh, text)
    await rename(fresh, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(fresh, { force: true }).catch(ignore)
    throw fileError(error, `${path} cannot be written`)
  }
}

/** As {@link writeNew}: what fails leaves no file. @throws what the platform does (as rejections) */
export async function createFile (path: string, content: string | Uint8Array): Promise<void> {
  await writeThrough(path, content)
  await orRemove(path, syncFolder(dirname(path)))
}

async function writeThrough (path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  const writing = async (): Promise<void> => {
    try {
      await file.writeFile(content)
      await file.sync()
    } catch (error) {
      // what failed first is what is told
      await file.close().catch(ignore)
      throw error
    }
    // some systems say only then that there is no room
    await file.close()
  }
  await orRemove(path, writing())
}

/** A file that was not written whole is worse than none. */
async function orRemove (path: string, writing: Promise<void>): Promise<void> {
  try {
    await writing
  } catch (error) {
    await rm(path, { force: true }).catch(ignore)
    throw error
  }
}

/** Writes what a folder names through to the disk, where the platform can. */
export async function syncFolder (path: string): Promise<void> {
  // Windows opens no folders
  if (process.platform === 'win32') return
  const folder = await open(path)
  await folder.sync().finally(() => folder.close())
}

/** What the platform says about a file, as one of ours. */
export function fileError (error: unknown, what: string): unknown {
  const code = platformCode(error)
  if (code.startsWith('ERR_CLI_')) return error
  return code === 'ENOSPC' || code === 'EDQUOT' ? cliError('ERR_CLI_SPACE', what, error) : cliError('ERR_CLI_FILE', `${what}: ${reasonOf(error)}`, error)
}

/** The code of an error of the platform. */
export function platformCode (error: unknown): string {
  return codeOf(error) ?? 'unknown'
}
