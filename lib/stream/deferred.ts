/** A promise with its two ends in hand (Node 20 has no Promise.withResolvers). */
export interface Deferred<T> {
  readonly promise: Promise<T>
  /** Settles the promise with a value; later calls do nothing. */
  readonly resolve: (value: T) => void
  /** Settles the promise with a reason; later calls do nothing. */
  readonly reject: (reason: unknown) => void
}

/** Makes a {@link Deferred}. With `handled`, a rejection that nobody awaits is not reported as unhandled. */
export function deferred<T = void> (options: { handled?: boolean } = {}): Deferred<T> {
  let resolve!: (value: T) => void
  let reject!: (reason: unknown) => void
  const promise = new Promise<T>((yes, no) => { resolve = yes; reject = no })
  if (options.handled === true) promise.catch(ignore)
  return { promise, resolve, reject }
}

/** For rejections that are stored and rethrown elsewhere. */
export function ignore (): void {}
