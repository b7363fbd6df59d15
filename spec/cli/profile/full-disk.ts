import { open, type FileHandle } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** At what the disk is full: a call of a file that is written, or when its folder is synced. */
export type Step = 'writeFile' | 'sync' | 'the folder'

/** Does some work while the disk is full at a step; nothing else of the process may write meanwhile. */
export async function failing (step: Step, work: () => Promise<void>): Promise<void> {
  const handle = await open(fileURLToPath(import.meta.url))
  const files = Object.getPrototypeOf(handle) as FileHandle
  await handle.close()
  const name = step === 'the folder' ? 'sync' : step
  const own = files[name] as (this: FileHandle, ...args: unknown[]) => Promise<void>
  const fails = async function (this: FileHandle, ...args: unknown[]): Promise<void> {
    const folder = (await this.stat()).isDirectory()
    await own.apply(this, args)
    if (folder === (step === 'the folder')) throw Object.assign(new Error('full'), { code: 'ENOSPC' })
  }
  Object.assign(files, { [name]: fails })
  try {
    await work()
  } finally {
    Object.assign(files, { [name]: own })
  }
}
