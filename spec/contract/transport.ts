import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import fc from 'fast-check'
import { Uint8ArrayList } from 'uint8arraylist'
import { join } from '../../lib/stream/pieces.js'
import { deferred } from '../../lib/stream/deferred.js'
import type { Bytes } from '../../lib/stream/layer.js'
import type { Transport, TransportOptions } from '../../lib/transport/connection.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf, collect, endless, items, pattern, silence } from '../support/sources.js'

/** What the suite needs of a kind of transport. */
export interface TransportKind {
  readonly name: string
  /** Two ends of a new connection. The signal, if any, is the first one's. */
  pair(options?: TransportOptions & { signal?: AbortSignal }): Promise<[Transport, Transport]>
  /** Bytes that may be under way between a writer and a peer that does not read: buffers of the kernel and ours. */
  readonly bound: number
  /** The code of what is tried after `close`. Default `ERR_TRANSPORT_CLOSED`. */
  readonly closedCode?: string
}

const REASON = new Error('the reason')
const SIDES = [0, 1] as const
const REPETITIONS = 60

/** What every transport keeps. */
export function transportContract (kind: TransportKind): void {
  const { closedCode = 'ERR_TRANSPORT_CLOSED' } = kind
  const it = (title: string): string => `${kind.name}: ${title}`
  /** A pair as its near and its far end: each property holds whichever side connected. */
  const oriented = async (side: 0 | 1, options?: TransportOptions): Promise<[near: Transport, far: Transport]> => {
    const pair = await kind.pair(options)
    return [pair[side], pair[side === 0 ? 1 : 0]]
  }

  test(it('bytes arrive in order however they are cut, both ways at once'), async t => {
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }), fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }), async (there, back) => {
      const [left, right] = await kind.pair()
      const [came, returned] = await Promise.all([collect(right.source), collect(left.source), left.sink(items(...there)), right.sink(items<Bytes>(new Uint8ArrayList(...back)))])
      t.deepEqual(came, join(there))
      t.deepEqual(returned, join(back))
      await Promise.all([left.closed, right.closed])
    }), { numRuns: 25 })
  })

  test(it('large items and lists arrive whole'), async t => {
    const bytes = pattern(3_000_000)
    const [left, right] = await kind.pair()
    const list = new Uint8ArrayList(bytes.subarray(0, 10), bytes.subarray(10, 2_000_000), bytes.subarray(2_000_000))
    const [came] = await Promise.all([collect(right.source), left.sink(items<Bytes>(bytes, list)), right.sink(items())])
    t.is(Buffer.compare(came, join([bytes, bytes])), 0)
  })

  test(it('items of one byte, from both sides in turn'), async t => {
    const bytes = pattern(500)
    const [left, right] = await kind.pair()
    const echo = right.sink(right.source)
    const back = collect(left.source)
    await left.sink(items(...Array.from(bytes, byte => Uint8Array.of(byte))))
    t.deepEqual(await back, bytes)
    await echo
  })

  test(it('a source may use its buffer again after next()'), async t => {
    async function * reusing (): AsyncGenerator<Uint8Array> {
      const buffer = new Uint8Array(100_000)
      for (let i = 0; i < 40; i++) yield buffer.fill(i)
    }
    const [left, right] = await kind.pair()
    const [came] = await Promise.all([collect(right.source), left.sink(reusing()), right.sink(items())])
    t.is(came.length, 4_000_000)
    t.true(came.every((byte, index) => byte === Math.floor(index / 100_000)))
  })

  for (const side of SIDES) {
    test(it(`half-close from side ${side}: the other direction goes on`), async t => {
      const [near, far] = await oriented(side)
      await near.sink(items())
      t.is((await collect(far.source)).length, 0)
      const [came] = await Promise.all([collect(near.source), far.sink(items(pattern(100_000)))])
      t.deepEqual(came, pattern(100_000))
      await Promise.all([near.closed, far.closed])
    })

    test(it(`abort from side ${side} is a reset to the other, never an end`), async t => {
      const [near, far] = await oriented(side)
      const reading = codeOf(collect(far.source))
      const writing = codeOf(far.sink(silence()))
      const own = [codeOf(collect(near.source)), codeOf(near.sink(silence()))]
      near.abort(REASON)
      t.is(await reading, 'ERR_TRANSPORT_RESET')
      t.is(await writing, 'ERR_TRANSPORT_RESET')
      t.is(await codeOf(far.closed), 'ERR_TRANSPORT_RESET')
      t.deepEqual(await Promise.all(own), [REASON.message, REASON.message])
      t.is(await codeOf(near.closed), REASON.message)
    })

    test(it(`a source that throws after bytes, on side ${side}, is a reset`), async t => {
      const [near, far] = await oriented(side)
      const reading = codeOf(collect(far.source))
      async function * breaking (): AsyncGenerator<Uint8Array> {
        yield pattern(10)
        throw REASON
      }
      t.is(await codeOf(near.sink(breaking())), REASON.message)
      t.is(await reading, 'ERR_TRANSPORT_RESET')
      t.is(await codeOf(collect(near.source)), REASON.message)
    })

    test(it(`a writer waits for a peer that does not read, on side ${side}`), async t => {
      const [near, far] = await oriented(side, { highWater: 65_536 })
      const size = 65_536
      const source = endless(size)
      const stalled = deferred()
      const writing = codeOf(near.sink(source))
      // nothing may be asked for during many turns of the loop
      void (async () => {
        for (let asked = -1, quiet = 0; quiet < 50; quiet = source.asked === asked ? quiet + 1 : 0) {
          asked = source.asked
          await turn()
        }
        stalled.resolve()
      })()
      await stalled.promise
      t.true(source.asked * size <= kind.bound, `${source.asked * size} bytes`)
      const before = source.asked
      const reader = far.source[Symbol.asyncIterator]()
      while (source.asked <= before + 64) await reader.next()
      near.abort(REASON)
      t.is(await writing, REASON.message)
      // who does not read does not see it
      t.is(await codeOf(collect({ [Symbol.asyncIterator]: () => reader })), 'ERR_TRANSPORT_RESET')
    })

    test(it(`close on side ${side} while the other one writes`), async t => {
      // hundreds of timers of a late path, each behind what else this machine does
      const [near, far] = await oriented(side, { closeTimeout: 110_000 })
      const ended = collect(far.source)
      const writing = codeOf(far.sink(items(...Array.from({ length: 100 }, () => new Uint8Array(65_536)))))
      await near.close()
      t.is(await writing, 'resolved')
      t.is((await ended).length, 0)
      t.is(await codeOf(near.closed), 'resolved')
      t.is(await codeOf(far.closed), 'resolved')
    })

    test(it(`close on side ${side} gives up on a peer that never ends`), async t => {
      const [near, far] = await oriented(side, { closeTimeout: 20 })
      const reading = codeOf(collect(far.source).then(() => far.closed))
      await near.close()
      t.is(await codeOf(near.closed), 'ERR_TRANSPORT_CLOSE_TIMEOUT')
      // what came was dropped, so it is no end either
      t.true([closedCode, 'ERR_TRANSPORT_CLOSE_TIMEOUT'].includes(await codeOf(collect(near.source))))
      far.abort(REASON)
      t.not(await reading, 'resolved')
    })
  }

  test(it('close twice, and abort after it, do nothing more'), async t => {
    const [left, right] = await kind.pair()
    await Promise.all([left.close(), left.close(), right.close()])
    left.abort(REASON)
    await left.close()
    t.is(await codeOf(left.closed), 'resolved')
    t.is(await codeOf(left.sink(items())), closedCode)
  })

  test(it('close stops a source that waits, and lets go of it'), async t => {
    const [left, right] = await kind.pair()
    const waiting = silence()
    const writing = left.sink(waiting)
    await Promise.all([left.close(), right.close()])
    await writing
    t.true(waiting.returned)
  })

  test(it('abort lets go of a source that waits'), async t => {
    const [left, right] = await kind.pair()
    const waiting = silence()
    const writing = codeOf(left.sink(waiting))
    left.abort(REASON)
    t.is(await writing, REASON.message)
    t.true(waiting.returned)
    await codeOf(right.closed)
  })

  test(it('a sink takes one source'), async t => {
    const [left, right] = await kind.pair()
    const first = left.sink(items(pattern(10)))
    t.is(await codeOf(left.sink(items())), 'ERR_SINK_IN_USE')
    await first
    t.deepEqual(await collect(right.source), pattern(10))
    await Promise.all([left.close(), right.close()])
  })

  test(it('an error stays on every later read'), async t => {
    const [left, right] = await kind.pair()
    const reader = right.source[Symbol.asyncIterator]()
    const first = codeOf(reader.next())
    left.abort(REASON)
    t.is(await first, 'ERR_TRANSPORT_RESET')
    t.is(await codeOf(reader.next()), 'ERR_TRANSPORT_RESET')
    t.is(await codeOf(reader.next()), 'ERR_TRANSPORT_RESET')
  })

  test(it('a reader that goes early does not stop the other side from coming to its end'), async t => {
    const [left, right] = await kind.pair()
    const writing = left.sink(items(...Array.from({ length: 100 }, () => new Uint8Array(65_536))))
    for await (const bytes of right.source) {
      t.true(bytes.length > 0)
      break
    }
    await writing
    await Promise.all([left.close(), right.close()])
    t.is(await codeOf(right.closed), 'resolved')
  })

  test(it('what came before the other side closed can still be read'), async t => {
    const [left, right] = await kind.pair()
    const reader = right.source[Symbol.asyncIterator]()
    await left.sink(items(pattern(1000)))
    await Promise.all([left.close(), right.close()])
    t.deepEqual(await collect({ [Symbol.asyncIterator]: () => reader }), pattern(1000))
  })

  test(it('a signal that has aborted before'), async t => {
    t.is(await codeOf(kind.pair({ signal: AbortSignal.abort(REASON) })), REASON.message)
  })

  test(it('a signal that aborts a connection, and is not listened to afterwards'), async t => {
    const control = new AbortController()
    const [left, right] = await kind.pair({ signal: control.signal })
    const reading = codeOf(collect(left.source))
    control.abort(REASON)
    t.is(await reading, REASON.message)
    t.is(await codeOf(right.closed), 'ERR_TRANSPORT_RESET')
    t.is(getEventListeners(control.signal, 'abort').length, 0)
    const later = new AbortController()
    const [one, two] = await kind.pair({ signal: later.signal })
    await Promise.all([one.close(), two.close()])
    await turn()
    t.is(getEventListeners(later.signal, 'abort').length, 0)
    later.abort(REASON)
    t.is(await codeOf(one.closed), 'resolved')
  })

  test.serial(it('nothing is left behind, however it ends'), async t => {
    const endings: Array<(left: Transport, right: Transport) => unknown> = [
      (left, right) => Promise.all([left.close(), right.close()]),
      (left, right) => { left.abort(REASON); right.abort(REASON) },
      left => { left.abort(REASON) },
      (_, right) => { void right.sink(endless(65_536)); right.abort(REASON) },
      (left, right) => { void left.sink(silence()); void left.close(); void right.close() },
      (left, right) => { void left.sink(endless(10)); void right.close(); return right.source[Symbol.asyncIterator]().return?.() },
      left => { const reading = left.source[Symbol.asyncIterator](); void reading.next().catch(() => undefined); left.abort(REASON) }
    ]
    await kind.pair().then(([left, right]) => Promise.all([left.close(), right.close()]))
    const leaks = await leaksOf(async () => {
      for (let i = 0; i < REPETITIONS; i++) {
        const [left, right] = await kind.pair({ closeTimeout: 5 })
        await endings[i % endings.length]?.(left, right)
        await Promise.allSettled([left.closed, right.closed])
      }
    })
    t.deepEqual(leaks, { rejections: [], handles: {} })
  })
}
