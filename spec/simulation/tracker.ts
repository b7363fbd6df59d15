/** Promises that were given to somebody: each must settle. */
export class Tracker {
  readonly #pending = new Map<object, string>()

  /** Names of those that have not settled. */
  get pending (): string[] { return [...this.#pending.values()] }

  /** Takes a promise in, and gives it back with its failure as a value. */
  track<T> (name: string, promise: Promise<T>): Promise<{ readonly value: T } | { readonly error: unknown }> {
    const key = {}
    this.#pending.set(key, name)
    return promise.then(value => ({ value }), (error: unknown) => ({ error })).finally(() => { this.#pending.delete(key) })
  }
}

/** The code of a failure, or what it is instead of one of ours. */
export function nameOf (error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown, message?: unknown }
  return typeof code === 'string' ? code : String(message ?? error)
}
