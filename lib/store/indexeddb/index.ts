/**
 * A store in a browser, over IndexedDB, and the key that seals it.
 *
 * @module store/indexeddb
 */
export { openIndexedDbStore, type IndexedDbStoreOptions } from './open.js'
export { sealingKey } from './sealing-key.js'
