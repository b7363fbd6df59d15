import type { Store } from '../../../store/index.js'
import { openIndexedDbStore, sealingKey } from '../../../store/indexeddb/index.js'
import { ignore } from '../../../stream/index.js'

const STORE = 'hushwire-page'
const KEY = 'hushwire-page-key'
/** Copies of files that are being sent. */
export const OUTGOING = 'hushwire-outgoing'

/** Opens what this browser keeps of us, sealed. @throws what the store does (as rejections) */
export async function openKept (): Promise<Store> {
  const store = await openIndexedDbStore({ name: STORE, key: await sealingKey(KEY) })
  // that the browser does not clear it away by itself; it may say no
  ;(navigator.storage.persist() as Promise<boolean> | undefined)?.catch(ignore)
  return store
}

/** Deletes everything that this browser keeps of us. @throws what the browser does (as rejections) */
export async function deleteKept (): Promise<void> {
  const folder = await navigator.storage.getDirectory()
  const names: string[] = []
  for await (const name of folder.keys()) names.push(name)
  for (const name of names) await folder.removeEntry(name, { recursive: true })
  // the key last: without it, nothing that is left can be opened
  for (const name of [OUTGOING, STORE, KEY]) await deleted(name)
}

function deleted (name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase(name)
    deleting.onsuccess = () => { resolve() }
    deleting.onerror = () => { reject(deleting.error ?? new DOMException('not deleted', 'UnknownError')) }
  })
}
