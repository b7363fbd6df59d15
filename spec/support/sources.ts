import type { Bytes } from '../../lib/stream/layer.js'
import { join } from '../../lib/stream/pieces.js'

/** Everything of a source, copied, as its consumer must. */
export async function collect (source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of source) pieces.push(piece.slice())
  return join(pieces)
}

/** Items one after another. */
export async function * items<T> (...all: T[]): AsyncGenerator<T, void> {
  yield * all
}

/** Nothing, and no end: `next()` never settles; `returned` tells whether somebody let go of it. */
export function silence (): AsyncIterable<never> & { returned: boolean } {
  const source = {
    returned: false,
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<IteratorResult<never>>(() => {}),
      return: async () => {
        source.returned = true
        return { value: undefined, done: true as const }
      }
    })
  }
  return source
}

/** Bytes that tell a place apart from others: 0 to 250, again and again. */
export function pattern (length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => index % 251)
}

/** Chunks of a size without end, counted as they are asked for. */
export function endless (size: number): AsyncIterable<Bytes> & { readonly asked: number } {
  const source = {
    asked: 0,
    async * [Symbol.asyncIterator] () {
      for (;;) {
        source.asked++
        yield new Uint8Array(size)
      }
    }
  }
  return source
}

/** The code of what a promise rejects with; `resolved` when it does not. */
export async function codeOf (promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'resolved', (error: { code?: string, message: string }) => error.code ?? error.message)
}
