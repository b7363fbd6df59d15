/** What happens before anybody is there to be told is kept until somebody is. */
export class Held<T> {
  #waiting: T[] = []
  #listener: ((happened: T) => void) | undefined

  tell (happened: T): void {
    if (this.#listener === undefined) this.#waiting.push(happened)
    else this.#listener(happened)
  }

  /** Tells what has happened, in order, and from now on what happens. */
  open (listener: (happened: T) => void): void {
    this.#listener = listener
    for (const happened of this.#waiting.splice(0)) listener(happened)
  }
}
