import { ignore, type MaybePromise } from '../stream/index.js'

/** What is awaited later, with all others: until then its rejection is nobody's, also when another one comes first. */
export function held<T> (result: MaybePromise<T>): MaybePromise<T> {
  if (result instanceof Promise) result.catch(ignore)
  return result
}

/** All of them; where the backend is synchronous there is nothing to wait for. */
export function all<T> (results: Array<MaybePromise<T>>): MaybePromise<T[]> {
  return results.some(result => result instanceof Promise) ? Promise.all(results) : results as T[]
}
