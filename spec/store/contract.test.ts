import { memoryStore, type Store } from '../../lib/store/index.js'
import { openSqliteStore } from '../../lib/store/sqlite/index.js'
import { storeContract } from '../contract/store.js'
import { newFolder } from './support.js'

storeContract({ name: 'memory', open: async () => memoryStore() })

const folders = new WeakMap<Store, string>()
const sqlite = async (folder: string): Promise<Store> => {
  const store = await openSqliteStore({ folder, onReport: report => { throw new Error(report.type) } })
  folders.set(store, folder)
  return store
}

storeContract({
  name: 'sqlite',
  open: () => sqlite(newFolder()),
  again: async store => {
    await store.close()
    return sqlite(folders.get(store) ?? '')
  }
})
