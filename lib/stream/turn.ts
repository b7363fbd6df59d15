import { deferred, type Deferred } from './deferred.js'

/** Resolves after I/O and timers have had their turn: for loops over what may always be ready. */
export function nextTurn (): Promise<void> {
  const turn: Deferred<void> = deferred()
  if (typeof setImmediate === 'function') setImmediate(turn.resolve)
  else setTimeout(turn.resolve, 0)
  return turn.promise
}
