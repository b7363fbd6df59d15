import { deferred } from '../../stream/index.js'
import { storeError } from '../errors.js'
import { failure } from './failures.js'

/**
 * Takes the lock of a name, among all pages and workers of the origin. A page that is being left, by a reload say, may have it a
 * moment longer, so it is waited for.
 *
 * @param timeout - milliseconds to wait for it
 * @returns what lets go of it; the browser does so too when the page ends
 * @throws ERR_STORE_BUSY, ERR_STORE_OPEN (as rejections)
 */
export async function takeLock (name: string, timeout: number): Promise<() => void> {
  const locks = (navigator as Partial<Navigator>).locks
  // the standard gives it to pages of https: and of this machine alone
  if (locks === undefined) throw storeError('ERR_STORE_OPEN', 'the page is not a secure context: open it by https:, or at localhost')
  const taken = deferred()
  const held = deferred()
  locks.request(name, { signal: AbortSignal.timeout(timeout) }, () => {
    taken.resolve()
    return held.promise
  }).catch((error: unknown) => {
    // a page that may keep nothing is refused at once, and has no other tab to blame
    const forbidden = error instanceof Error && error.name === 'SecurityError'
    taken.reject(forbidden ? failure(error, 'opening') : storeError('ERR_STORE_BUSY', 'another tab or window has it: close that one, or go on there', error))
  })
  await taken.promise
  return () => { held.resolve() }
}
