import { randomFillSync } from 'node:crypto'

/** What is sent: bytes that do not compress, or text that does. */
export type Content = 'random' | 'json'

const CHUNK = 262_144
/** More than zlib looks back. */
const POOL = 16

const NAMES = ['anna', 'boris', 'chen', 'dalia', 'emeka', 'fatima', 'george', 'hana', 'ivan', 'june']
const WORDS = 'the quick relay forwards every sealed packet to whoever it is for and never learns what is in it nor who will answer tomorrow morning'.split(' ')

/** So many bytes of content in chunks of 256 KiB, out of a pool made beforehand. */
export class Contents {
  readonly #pool: readonly Uint8Array[]

  constructor (content: Content) {
    this.#pool = Array.from({ length: POOL }, (_, index) => content === 'json' ? json(index) : randomFillSync(new Uint8Array(CHUNK)))
  }

  * chunks (bytes: number): Generator<Uint8Array> {
    for (let at = 0, index = 0; at < bytes; at += CHUNK, index++) yield (this.#pool[index % POOL] as Uint8Array).subarray(0, bytes - at)
  }
}

/** Lines as an application would log or send them: few names, many numbers, some prose. */
function json (seed: number): Uint8Array {
  const random = generator(seed + 1)
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? ''
  let text = ''
  while (text.length < CHUNK) {
    const words = Array.from({ length: 4 + Math.floor(random() * 16) }, () => pick(WORDS))
    text += `${JSON.stringify({ id: Math.floor(random() * 2 ** 48).toString(16), from: pick(NAMES), to: pick(NAMES), at: 1.7e12 + Math.floor(random() * 1e10), score: random(), read: random() < 0.5, text: words.join(' ') })}\n`
  }
  return new TextEncoder().encode(text).subarray(0, CHUNK)
}

/** The same numbers at every run (mulberry32). */
function generator (seed: number): () => number {
  let state = seed
  return () => {
    state = state + 0x6D2B79F5 | 0
    let mixed = Math.imul(state ^ state >>> 15, 1 | state)
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed
    return ((mixed ^ mixed >>> 14) >>> 0) / 4_294_967_296
  }
}
