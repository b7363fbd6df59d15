/** Turns of the microtask queue: what several async generators in a row need to hand on an item that is there. */
const TURNS = 12

/**
 * The value of a promise that settles without waiting for anything but other code that is ready to run, else
 * undefined: then it goes on, and is to be awaited. A rejection is thrown in the former case, and never reported as
 * unhandled.
 */
export async function soon<T extends object> (promise: Promise<T>): Promise<T | undefined> {
  let settled = false
  const settle = (): void => { settled = true }
  promise.then(settle, settle)
  for (let turn = 0; turn < TURNS && !settled; turn++) await undefined
  return settled ? promise : undefined
}
