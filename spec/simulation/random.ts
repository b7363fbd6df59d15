import { seeded } from '../store/crashes.js'

/** What a run draws, the same for the same seed. */
export class Random {
  readonly next: () => number

  constructor (seed: number) {
    this.next = seeded(seed)
    // the first numbers of seeds that lie side by side are alike
    for (let index = 0; index < 8; index++) this.next()
  }

  /** Another one, whose numbers do not depend on how many are drawn here. */
  fork (): Random { return new Random(Math.floor(this.next() * 2 ** 32)) }

  /** From `least` up to and with `most`. */
  int (least: number, most: number): number { return least + Math.floor(this.next() * (most - least + 1)) }

  chance (probability: number): boolean { return this.next() < probability }

  pick<T> (items: readonly T[]): T {
    return items[Math.floor(this.next() * items.length)] as T
  }

  /** One of the names, as often as their weights say. */
  weighted<Name extends string> (weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries(weights) as Array<[Name, number]>
    let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      left -= weight
      if (left < 0) return name
    }
    return entries[entries.length - 1]?.[0] as Name
  }
}
