import { asError } from './errors.js'
import { letGo } from './leaving.js'

/**
 * A generator whose `return()` takes effect at once: it frees what the generator holds and tells its source,
 * without waiting behind a pending `next()`, and also when the generator was never started. An error is kept and
 * thrown at every later read.
 *
 * @param generator - what does the work; it reads from `source`
 * @param release - frees what the generator holds; called once, however it ends
 */
export function owning<T> (generator: AsyncGenerator<T, void>, source: AsyncIterator<unknown>, release: () => void): AsyncIterableIterator<T> {
  let state: 'open' | 'over' | 'failed' = 'open'
  let failure: Error | undefined
  const finish = (how: 'over' | 'failed'): void => {
    if (state !== 'open') return
    state = how
    release()
  }
  const stop = (): void => {
    const early = state === 'open'
    finish('over')
    if (!early) return
    letGo(source)
    letGo(generator)
  }
  const iterator: AsyncIterableIterator<T> = {
    next: () => {
      if (state === 'failed') return Promise.reject(failure)
      if (state === 'over') return Promise.resolve({ value: undefined, done: true })
      return generator.next().then(result => {
        if (result.done === true) finish('over')
        return result
      }, (error: unknown) => {
        // after return() nobody waits for it any more
        if (state === 'over') return { value: undefined, done: true }
        failure = asError(error)
        finish('failed')
        letGo(source)
        throw failure
      })
    },
    return: () => {
      stop()
      return Promise.resolve({ value: undefined, done: true })
    },
    [Symbol.asyncIterator]: () => iterator
  }
  return iterator
}
