import { APP_LIMITS } from '../model/limits.js'
import type { ChosenFile } from '../model/waiting-files.js'

/** Files of a list of the browser's, folders by their paths. */
export function chosenFrom (files: ArrayLike<File>): ChosenFile[] {
  return Array.from(files).map(file => ({ path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath, file }))
}

/**
 * The files of something dropped or pasted, those in folders too. It must be called while the event is handled: afterwards the browser has taken
 * everything away. More than may be sent at once are not read to their end.
 */
export function filesOf (data: DataTransfer): Promise<ChosenFile[]> {
  const entries = Array.from(data.items).filter(({ kind }) => kind === 'file').map(item => item.webkitGetAsEntry() ?? item.getAsFile())
  const found: ChosenFile[] = []
  const walk = async (entry: FileSystemEntry | File | null): Promise<void> => {
    if (entry === null || found.length > APP_LIMITS.maxFiles) return
    if (entry instanceof File) found.push({ path: entry.name, file: entry })
    else if (entry.isFile) found.push({ path: entry.fullPath.slice(1), file: await fileOf(entry as FileSystemFileEntry) })
    else for (const child of await childrenOf(entry as FileSystemDirectoryEntry)) await walk(child)
  }
  return (async () => {
    for (const entry of entries) await walk(entry)
    return found
  })()
}

function fileOf (entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => { entry.file(resolve, reject) })
}

async function childrenOf (entry: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = entry.createReader()
  const children: FileSystemEntry[] = []
  // it gives some at a time, and none at the end
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => { reader.readEntries(resolve, reject) })
    if (some.length === 0 || children.length > APP_LIMITS.maxFiles) return children
    children.push(...some)
  }
}
