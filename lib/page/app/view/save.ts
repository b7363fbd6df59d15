import type { CameFile } from '../model/incoming-folder.js'
import { plainName } from '../model/words.js'
import { h } from './dom.js'

/** Milliseconds after which the browser has surely begun to copy. */
const COPIED = 60_000

/** Has the browser save files. Nothing of them is opened here: they are bytes of no type, under their last names. */
export function saveFiles (files: readonly CameFile[]): void {
  for (const { path, blob } of files) {
    const url = URL.createObjectURL(blob)
    const name = plainName(path.split('/').at(-1) ?? '', 200)
    const link = h('a', { href: url, download: name === '' ? 'file' : name })
    link.click()
    setTimeout(() => { URL.revokeObjectURL(url) }, COPIED)
  }
}
