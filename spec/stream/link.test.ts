import { setImmediate as turn } from 'node:timers/promises'
import test from 'ava'
import { abortReason } from '../../lib/stream/abort.js'
import { Channel } from '../../lib/stream/channel.js'
import { deferred } from '../../lib/stream/deferred.js'
import type { Bytes, Duplex, Endpoint, Layer } from '../../lib/stream/layer.js'
import { link } from '../../lib/stream/link.js'
import { pause } from '../../lib/stream/pause.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf, collect, items, pattern, silence } from '../support/sources.js'

const REASON = new Error('the reason')

async function * through<T> (source: AsyncIterable<T>): AsyncGenerator<T> {
  yield * source
}

/** Passes on what comes, and ends its outbound direction with a mark. */
const marking: Layer<Uint8Array, Uint8Array, Bytes, Bytes> = {
  inbound: through,
  async * outbound (source) {
    yield * source
    yield Uint8Array.of(255)
  }
}

const plain: Layer<Uint8Array, Uint8Array, Bytes, Bytes> = { inbound: through, outbound: through }

/** An endpoint that writes down what happens to it. */
class Recorder implements Endpoint<Uint8Array, Bytes, { name: string }> {
  readonly face = { name: 'recorder' }
  readonly outbound = new Channel<Bytes>()
  readonly failures: Error[] = []
  readonly log: string[]
  #run: (source: AsyncIterable<Uint8Array>) => Promise<void>

  constructor (run: (source: AsyncIterable<Uint8Array>) => Promise<void>, log: string[] = []) {
    this.#run = run
    this.log = log
  }

  run (source: AsyncIterable<Uint8Array>): Promise<void> { return this.#run(source) }

  fail (cause: Error): void {
    this.failures.push(cause)
    this.log.push('endpoint')
    this.outbound.fail(cause, { discard: true })
  }
}

const drain = async (source: AsyncIterable<Uint8Array>): Promise<void> => { await collect(source) }

test('an endpoint that ends in order: closed resolves, the endpoint never fails', async t => {
  const [left, right] = memoryPair({ chunks: 1 })
  const recorder = new Recorder(drain)
  const face = link(left, recorder)
  void recorder.outbound.push(pattern(10))
  recorder.outbound.end()
  t.deepEqual(await collect(right.source), pattern(10))
  await right.sink(items())
  await face.closed
  face.abort(REASON)
  t.is(face.name, 'recorder')
  t.deepEqual(recorder.failures, [])
})

test('a close without a limit of time waits for what the layers have still to say', async t => {
  const last = deferred()
  const slow: Layer<Uint8Array, Uint8Array, Bytes, Bytes> = {
    inbound: through,
    async * outbound (source) {
      yield * source
      await last.promise
      yield Uint8Array.of(255)
    }
  }
  const [left, right] = memoryPair({ closeTimeout: 50 })
  const closing = link(left, slow).close({ flushTimeout: Infinity })
  // a timer that cannot wait for so long would have fired by then
  await pause(2)
  last.resolve()
  t.deepEqual(await collect(right.source), Uint8Array.of(255))
  await right.sink(items())
  await closing
})

test('what goes wrong in the read loop is the one cause: transport first, then the endpoint, once', async t => {
  const log: string[] = []
  const [left, right] = memoryPair()
  const watched: Duplex = { source: left.source, sink: source => left.sink(source), close: () => left.close(), abort: reason => { log.push('transport'); left.abort(reason) } }
  const recorder = new Recorder(async source => {
    await source[Symbol.asyncIterator]().next()
    throw REASON
  }, log)
  const face = link(watched, { inbound: through, outbound: through, abort: () => { log.push('layer') } }, recorder)
  void codeOf(right.sink(items(pattern(1))))
  t.is(await codeOf(face.closed), REASON.message)
  face.abort(new Error('later'))
  t.is(await codeOf(face.closed), REASON.message)
  t.deepEqual(recorder.failures, [REASON])
  t.deepEqual(log, ['transport', 'layer', 'endpoint'])
  t.is(await codeOf(right.closed), 'ERR_TRANSPORT_RESET')
})

test('what goes wrong outbound, in a layer, ends the pending read too', async t => {
  const [left, right] = memoryPair()
  const reading = deferred<string>()
  const recorder = new Recorder(async source => {
    const read = drain(source)
    reading.resolve(await codeOf(read))
    await read
  })
  // eslint-disable-next-line require-yield -- it is to throw before it yields
  const breaking: Layer<Uint8Array, Uint8Array, Bytes, Bytes> = { inbound: through, async * outbound () { throw REASON } }
  const face = link(left, breaking, recorder)
  t.is(await reading.promise, REASON.message)
  t.is(await codeOf(face.closed), REASON.message)
  t.deepEqual(recorder.failures, [REASON])
  t.is(await codeOf(right.closed), 'ERR_TRANSPORT_RESET')
})

test('a duplex of layers: both directions, closed after both have ended', async t => {
  const [left, right] = memoryPair()
  const upper = link(left, marking, plain)
  const writing = upper.sink(items(pattern(5)))
  t.is(await codeOf(upper.sink(items())), 'ERR_SINK_IN_USE')
  t.deepEqual(await collect(right.source), Uint8Array.of(0, 1, 2, 3, 4, 255))
  await writing
  await right.sink(items(pattern(3)))
  t.deepEqual(await collect(upper.source), pattern(3))
  await upper.closed
})

test('close lets the layers say their last, with and without a source', async t => {
  for (const source of [undefined, silence()]) {
    const [left, right] = memoryPair()
    const upper = link(left, marking)
    const writing = source === undefined ? Promise.resolve() : upper.sink(source)
    const [came] = await Promise.all([collect(right.source), right.sink(items()), upper.close()])
    t.deepEqual(came, Uint8Array.of(255))
    await writing
    await upper.closed
    t.true(source?.returned ?? true)
  }
})

test('a source that throws: the cause on both sides of the duplex, a reset beyond', async t => {
  const [left, right] = memoryPair()
  const upper = link(left, marking)
  const reading = codeOf(collect(upper.source))
  // eslint-disable-next-line require-yield -- it is to throw before it yields
  async function * breaking (): AsyncGenerator<Uint8Array> { throw REASON }
  t.is(await codeOf(upper.sink(breaking())), REASON.message)
  t.is(await reading, REASON.message)
  t.is(await codeOf(upper.closed), REASON.message)
  t.is(await codeOf(collect(right.source)), 'ERR_TRANSPORT_RESET')
})

test('a cut transport is the cause everywhere', async t => {
  const [left, right] = memoryPair({ toLeft: { faults: { cutAfter: 3 } } })
  const upper = link(left, marking)
  const writing = codeOf(upper.sink(silence()))
  void codeOf(right.sink(items(pattern(10))))
  t.is(await codeOf(collect(upper.source)), 'ERR_TRANSPORT_RESET')
  t.is(await writing, 'ERR_TRANSPORT_RESET')
  t.is(await codeOf(upper.closed), 'ERR_TRANSPORT_RESET')
})

test.serial('return, break, abort and close at every await leave nothing behind', async t => {
  const steps = 12
  const endings: Array<(upper: ReturnType<typeof link<Uint8Array, Bytes, Uint8Array, Bytes>>, reader: AsyncIterator<Uint8Array>) => void> = [
    (_, reader) => { void reader.return?.() },
    upper => { upper.abort(REASON) },
    upper => { void upper.close() },
    (upper, reader) => { void reader.return?.(); upper.abort(REASON) },
    (upper, reader) => { void upper.close(); void reader.return?.() }
  ]
  const leaks = await leaksOf(async () => {
    for (let step = 0; step < steps; step++) {
      for (const ending of endings) {
        const [left, right] = memoryPair({ chunks: 2, closeTimeout: 5 })
        const upper = link(left, marking)
        void upper.sink(items(...Array.from({ length: 6 }, () => pattern(3)))).catch(() => undefined)
        void right.sink(right.source).catch(() => undefined)
        const reader = upper.source[Symbol.asyncIterator]()
        void (async () => { for (let i = 0; i < 3; i++) await reader.next() })().catch(() => undefined)
        for (let i = 0; i < step; i++) await null
        ending(upper, reader)
        await turn()
        upper.abort(REASON)
        await Promise.allSettled([upper.closed, right.closed])
      }
    }
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

test('aborted without a reason, and with a reason that is no error', async t => {
  const [left] = memoryPair()
  const upper = link(left, { inbound: source => source, outbound: (source: AsyncIterable<Bytes>) => source })
  upper.abort()
  t.is(await codeOf(upper.closed), 'ERR_ABORTED')
  const control = new AbortController()
  control.abort('no error')
  const reason = abortReason(control.signal)
  t.like(reason, { code: 'ERR_ABORTED', cause: 'no error' })
})

test.serial('close of a link that has failed, and close again, leave no rejection behind', async t => {
  const leaks = await leaksOf(async () => {
    const [left] = memoryPair()
    const failed = link(left, plain)
    failed.abort(REASON)
    await Promise.all([failed.close(), failed.close()])
    t.is(await codeOf(failed.closed), REASON.message)
    const [one, other] = memoryPair()
    const [here, there] = [link(one, plain), link(other, plain)]
    await Promise.all([here.close(), here.close(), there.close()])
    t.is(await codeOf(here.closed), 'resolved')
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})
