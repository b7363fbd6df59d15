import type { Store } from '../../lib/store/index.js'

/** Runs a test with a store of its own, which it may close and open again. */
export type WithStore = (use: (store: Store, again: () => Promise<Store>) => Promise<void>) => Promise<void>
