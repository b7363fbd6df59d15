import { access, constants, mkdtemp, realpath, rmdir, statfs } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { filesError, foldPath, type Destination, type Entry, type Place, type Transfer } from '../../files/index.js'
import { ignore } from '../../stream/index.js'
import { cliError } from '../errors.js'
import { knownReason } from '../platform-reason.js'
import { fileError, makeFolders, platformCode } from '../profile/private-file.js'
import { FolderPlace, type FolderPlaceParts } from './folder-place.js'
import { PartFolder, PARTS_NAME } from './part-folder.js'
import { TargetTree } from './target-tree.js'

/** What is done when something is there already: the transfer is refused, files are overwritten, or what comes gets another name. */
export type WhenThere = 'refuse' | 'overwrite' | 'rename'

/** The most names that are tried for one that is taken. */
const MAX_TRIES = 1000
/** Bytes of a name that file systems take, and of the ending that stays where a name has to be shortened. */
const MAX_NAME_BYTES = 255
const MAX_EXTENSION_BYTES = 64

/** A folder of the file system that files go to. */
export class FolderDestination implements Destination {
  readonly path: string
  readonly #whenThere: WhenThere
  readonly #onRenamed: (name: string, other: string) => void

  private constructor (path: string, whenThere: WhenThere, onRenamed: (name: string, other: string) => void) {
    this.path = path
    this.#whenThere = whenThere
    this.#onRenamed = onRenamed
  }

  /**
   * Makes the folder when it is not there, and looks whether anything can be put there.
   *
   * @param onRenamed - told when files, or a folder, get another name
   * @throws ERR_CLI_FILE, ERR_CLI_SPACE (as rejections)
   */
  static async at (path: string, whenThere: WhenThere, onRenamed: (name: string, other: string) => void = ignore): Promise<FolderDestination> {
    if (path === '') throw cliError('ERR_CLI_FILE', 'the name of the folder is empty, perhaps an unset variable; . is this folder')
    const whole = await makeFolders(path).then(() => realpath(path)).catch((error: unknown) => { throw fileError(error, `${path} cannot be made`) })
    await tryOut(whole).catch((error: unknown) => { throw fileError(error, `nothing can be put into ${path}`) })
    return new FolderDestination(whole, whenThere, onRenamed)
  }

  /** @throws ERR_FILES_PATH, ERR_FILES_EXISTS, ERR_FILES_WRITE with path and reason, and what the platform says when it is full, the signal's reason (as rejections) */
  async open (transfer: Transfer, signal?: AbortSignal): Promise<Place> {
    try {
      return await this.#open(transfer, signal)
    } catch (error) {
      const reason = knownReason(error)
      // a full disk is told apart
      if (reason === undefined || ['ENOSPC', 'EDQUOT'].includes(platformCode(error))) throw error
      const { path = this.path } = error as { path?: string }
      throw filesError('ERR_FILES_WRITE', `${path}: ${reason}`, error)
    }
  }

  async #open ({ id, manifest: { entries } }: Transfer, signal: AbortSignal | undefined): Promise<Place> {
    // anywhere: a folder that one transfer fills may be the one that another is put in
    if (entries.some(({ path }) => path.split('/').some(isPartsName))) throw filesError('ERR_FILES_PATH', `${PARTS_NAME} is where parts are kept`)
    const parts = new PartFolder(this.path, id)
    const held = await parts.read()
    const tree = new TargetTree(this.path)
    const names = await parts.names()
    let targets = targetsOf(tree, entries, names ?? {})
    let conflicts = await this.#conflicts(tree, { entries, targets, held, signal })
    if (conflicts.length > 0 && this.#whenThere === 'rename' && names === undefined) {
      const chosen = await otherNames(tree, entries, conflicts, signal)
      targets = targetsOf(tree, entries, chosen)
      conflicts = []
      await parts.make()
      await parts.keepNames(chosen)
      for (const [name, other] of Object.entries(chosen)) this.#onRenamed(name, other)
    }
    return FolderPlace.open({ tree, parts, held, entries, targets, conflicts, space: await freeSpace(this.path), overwrite: this.#whenThere === 'overwrite', signal })
  }

  /** Entries that cannot go where they belong. What this transfer has put there is not in its way. */
  async #conflicts (tree: TargetTree, { entries, targets, held, signal }: Pick<FolderPlaceParts, 'entries' | 'targets' | 'held' | 'signal'>): Promise<number[]> {
    const conflicts: number[] = []
    for (const [index, { type }] of entries.entries()) {
      const { done, placing } = held.get(index) ?? {}
      if (done === true || placing === true) continue
      signal?.throwIfAborted()
      const standing = await tree.standing(targets[index] as string)
      const fits = standing === 'free' || (type === 'folder' ? standing === 'folder' : standing === 'taken' && this.#whenThere === 'overwrite')
      if (!fits) conflicts.push(index)
    }
    return conflicts
  }
}

/** Bytes that can be written below a folder; undefined where its file system does not say. */
export async function freeSpace (path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize, blocks } = await statfs(path, { bigint: true })
    // one without blocks, such as one of the network, does not count them
    return blocks === 0n ? undefined : Number(bavail * bsize)
  } catch {
    return undefined
  }
}

/** Begins what every transfer does. */
async function tryOut (folder: string): Promise<void> {
  await access(folder, constants.W_OK | constants.X_OK)
  const there = await access(join(folder, PARTS_NAME), constants.W_OK | constants.X_OK).then(() => true, (error: unknown) => {
    if (platformCode(error) !== 'ENOENT') throw error
    return false
  })
  // what the system allows by its rights, a file system may refuse all the same; a name of its own is in no other command's way
  if (!there) await rmdir(await mkdtemp(join(folder, `${PARTS_NAME}-`)))
}

const PARTS = foldPath(PARTS_NAME)
/** What Windows may call that folder too. */
const SHORT_PARTS = /^hushwi~\d/i

function isPartsName (name: string): boolean { return foldPath(name) === PARTS || SHORT_PARTS.test(name) }

/** Where each entry goes. @param names - of first parts of paths, the names that they get instead */
function targetsOf (tree: TargetTree, entries: readonly Entry[], names: Readonly<Record<string, string>>): string[] {
  return entries.map(({ path }) => {
    const first = path.split('/', 1)[0] as string
    return tree.whole(Object.hasOwn(names, first) ? `${names[first]}${path.slice(first.length)}` : path)
  })
}

/** For the first parts of paths under which something is in the way, names that nothing has. */
async function otherNames (tree: TargetTree, entries: readonly Entry[], conflicts: readonly number[], signal: AbortSignal | undefined): Promise<Record<string, string>> {
  const firsts = new Set(entries.map(({ path }) => path.split('/', 1)[0] as string))
  const taken = new Set([...firsts].map(foldPath))
  // a name may be anything, such as __proto__
  const names = Object.create(null) as Record<string, string>
  for (const index of conflicts) {
    signal?.throwIfAborted()
    const { path } = entries[index] as Entry
    const first = path.split('/', 1)[0] as string
    names[first] ??= await otherName(tree, first, first === path, taken)
  }
  return names
}

async function otherName (tree: TargetTree, name: string, file: boolean, taken: Set<string>): Promise<string> {
  const ending = file ? extname(name) : ''
  const extension = Buffer.byteLength(ending) <= MAX_EXTENSION_BYTES ? ending : ''
  const stem = name.slice(0, name.length - extension.length)
  for (let number = 1; number <= MAX_TRIES; number++) {
    const tail = ` (${number})${extension}`
    const other = `${shortened(stem, MAX_NAME_BYTES - Buffer.byteLength(tail))}${tail}`
    if (taken.has(foldPath(other)) || await tree.standing(tree.whole(other)) !== 'free') continue
    taken.add(foldPath(other))
    return other
  }
  throw filesError('ERR_FILES_EXISTS', `${name}, and ${MAX_TRIES} like it`)
}

/** As many whole characters of a name as so many bytes hold. */
function shortened (name: string, bytes: number): string {
  if (Buffer.byteLength(name) <= bytes) return name
  let short = ''
  for (const { segment } of new Intl.Segmenter().segment(name)) {
    if (Buffer.byteLength(short + segment) > bytes) break
    short += segment
  }
  return short
}
