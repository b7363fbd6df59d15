import type { Stats } from 'node:fs'
import { lstat, mkdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { filesError } from '../../files/index.js'
import { platformCode } from '../profile/private-file.js'

/** What stands where a path leads. */
export type Standing =
  /** Nothing, and nothing is in the way. */
  | 'free'
  | 'folder'
  /** A file, a link, or something else that is no folder. */
  | 'taken'
  /** Something that is no folder is where a folder of the path has to be, such as a link to elsewhere. */
  | 'blocked'

/** The folder that files go to. Nothing is put where a link leads: each folder on the way is looked at, and must be one. */
export class TargetTree {
  readonly root: string
  /** Folders that were looked at. */
  readonly #known = new Map<string, Standing>()

  /** @param root - as the file system names it, without links */
  constructor (root: string) {
    this.root = root
    this.#known.set(root, 'folder')
  }

  /** The place of a path of a manifest. @throws ERR_FILES_PATH when it were outside, which its check does not let happen */
  whole (path: string): string {
    const whole = join(this.root, ...path.split('/'))
    if (relative(this.root, whole).split(sep)[0] === '..') throw filesError('ERR_FILES_PATH', 'outside of the folder')
    return whole
  }

  async standing (whole: string): Promise<Standing> {
    const above = await this.#folder(dirname(whole))
    if (above !== 'folder') return above === 'free' ? 'free' : 'blocked'
    return standingOf(await look(whole))
  }

  /**
   * Makes the folders of a path that are missing. Each is looked at again each time, since what was a folder may be a link by now.
   *
   * @param seen - folders that need not be looked at again, and those that were: for many in a row that nothing is put into yet
   * @throws ERR_FILES_WRITE when something is in the way
   */
  async makeFolder (whole: string, seen = new Set<string>()): Promise<void> {
    if (whole === this.root || seen.has(whole)) return
    await this.makeFolder(dirname(whole), seen)
    let standing = standingOf(await look(whole))
    if (standing === 'free') {
      await mkdir(whole).catch((error: unknown) => { if (platformCode(error) !== 'EEXIST') throw error })
      standing = standingOf(await look(whole))
    }
    if (standing !== 'folder') throw filesError('ERR_FILES_WRITE', 'something that is no folder is in the way')
    seen.add(whole)
  }

  async #folder (whole: string): Promise<Standing> {
    const known = this.#known.get(whole)
    if (known !== undefined) return known
    const above = await this.#folder(dirname(whole))
    const standing = above === 'folder' ? standingOf(await look(whole)) : above
    this.#known.set(whole, standing)
    return standing
  }
}

async function look (whole: string): Promise<Stats | undefined> {
  try {
    return await lstat(whole)
  } catch (error) {
    if (platformCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function standingOf (about: Stats | undefined): Standing {
  if (about === undefined) return 'free'
  return about.isDirectory() ? 'folder' : 'taken'
}
