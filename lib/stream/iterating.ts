// An object literal with a computed method name makes a closure, its name and its properties anew each time, some 300 bytes of
// each; a link has half a dozen of them. Of a class they are made once.

/** A source whose reader is made by `begin`. */
export function iterable<T> (begin: () => AsyncIterator<T>): AsyncIterable<T> {
  return new Iterable(begin)
}

class Iterable<T> implements AsyncIterable<T> {
  readonly #begin: () => AsyncIterator<T>

  constructor (begin: () => AsyncIterator<T>) {
    this.#begin = begin
  }

  [Symbol.asyncIterator] (): AsyncIterator<T> { return this.#begin() }
}
