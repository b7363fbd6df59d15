import { getEventListeners } from 'node:events'
import test from 'ava'
import fc from 'fast-check'
import { abortable, abortOn } from '../../lib/stream/abort.js'
import { deferred } from '../../lib/stream/deferred.js'
import { performHandshake, type Handshake, type HandshakeFraming } from '../../lib/stream/handshake.js'
import { pause } from '../../lib/stream/pause.js'
import { join } from '../../lib/stream/pieces.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf, collect, items, pattern } from '../support/sources.js'

const REASON = new Error('the reason')

const framing: HandshakeFraming = {
  encode: message => join([Uint8Array.of(message.length), message]),
  read: async (reader, signal) => {
    const [length = 0] = await reader.read(1, { signal })
    return reader.read(length, { signal })
  }
}

/** Says its turns in order, and gives what it has heard. */
class Talk implements Handshake<number[]> {
  destroyed = 0
  readonly heard: number[] = []
  readonly #turns: Array<'write' | 'read'>

  constructor (...turns: Array<'write' | 'read'>) { this.#turns = turns }

  get turn (): 'write' | 'read' | 'done' { return this.#turns[0] ?? 'done' }

  write (): Uint8Array {
    this.#turns.shift()
    return Uint8Array.of(this.#turns.length)
  }

  read (message: Uint8Array): void {
    this.#turns.shift()
    if (message[0] === 99) throw REASON
    this.heard.push(...message)
  }

  result (): number[] { return this.heard }
  destroy (): void { this.destroyed++ }
}

test('both sides finish, whatever the chunks, and what was not used is handed back', async t => {
  await fc.assert(fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 20 }), fc.uint8Array({ maxLength: 100 }), async (seed, max, after) => {
    const [left, right] = memoryPair({ chunks: { seed, max } })
    const [one, two] = await Promise.all([
      performHandshake(left, new Talk('write', 'read', 'write'), framing),
      performHandshake(right, new Talk('read', 'write', 'read'), framing)
    ])
    t.deepEqual(one.result, [1])
    t.deepEqual(two.result, [2, 0])
    const [came, back] = await Promise.all([collect(two.duplex.source), collect(one.duplex.source), one.duplex.sink(items(after)), two.duplex.sink(items(after))])
    t.deepEqual(came, after)
    t.deepEqual(back, after)
    t.is(await codeOf(one.duplex.sink(items())), 'ERR_SINK_IN_USE')
  }), { numRuns: 30 })
})

test('bytes that follow the last message in the same chunk are not lost', async t => {
  const [left, right] = memoryPair()
  const writing = left.sink(items(join([framing.encode(Uint8Array.of(5)) as Uint8Array, pattern(50)])))
  const { result, duplex } = await performHandshake(right, new Talk('read'), framing)
  t.deepEqual(result, [5])
  await writing
  t.deepEqual(await collect(duplex.source), pattern(50))
  await Promise.all([duplex.close(), left.close()])
})

test('a peer that never answers: the limit is for the whole, the duplex is aborted, secrets are wiped', async t => {
  const [left, right] = memoryPair()
  const talk = new Talk('write', 'read')
  t.is(await codeOf(performHandshake(left, talk, framing, { timeout: 5 })), 'ERR_HANDSHAKE_TIMEOUT')
  t.is(talk.destroyed, 1)
  t.is(await codeOf(left.closed), 'ERR_HANDSHAKE_TIMEOUT')
  t.is(await codeOf(right.closed), 'ERR_TRANSPORT_RESET')
})

test('a handshake without a limit of time waits', async t => {
  const [left, right] = memoryPair()
  const done = codeOf(performHandshake(left, new Talk('write', 'read'), framing, { timeout: Infinity }))
  // a timer that cannot wait for so long would have fired by then
  await pause(2)
  right.abort(REASON)
  t.is(await done, 'ERR_TRANSPORT_RESET')
})

test('a peer that drips bytes does not move the limit', async t => {
  const [left, right] = memoryPair()
  const drip = async function * (): AsyncGenerator<Uint8Array> {
    yield Uint8Array.of(200)
    for (;;) {
      await new Promise(resolve => { setTimeout(resolve, 1) })
      yield Uint8Array.of(1)
    }
  }
  void codeOf(right.sink(drip()))
  t.is(await codeOf(performHandshake(left, new Talk('read'), framing, { timeout: 20 })), 'ERR_HANDSHAKE_TIMEOUT')
})

test('a wrong message, an end, a cut and a signal each abort and wipe', async t => {
  const control = new AbortController()
  const cases: Array<[string, (peer: ReturnType<typeof memoryPair>[1]) => unknown, AbortSignal?]> = [
    [REASON.message, peer => peer.sink(items(Uint8Array.of(1, 99)))],
    ['ERR_TRUNCATED', peer => peer.sink(items(Uint8Array.of(5, 1)))],
    ['ERR_TRANSPORT_RESET', peer => { peer.abort(REASON) }],
    [REASON.message, () => { control.abort(REASON) }, control.signal],
    [REASON.message, () => undefined, AbortSignal.abort(REASON)]
  ]
  for (const [code, act, signal] of cases) {
    const [left, right] = memoryPair()
    const talk = new Talk('read', 'write')
    const done = codeOf(performHandshake(left, talk, framing, { signal }))
    void act(right)
    t.is(await done, code)
    t.is(talk.destroyed, 1)
    t.not(await codeOf(left.closed), 'resolved')
  }
  t.is(getEventListeners(control.signal, 'abort').length, 0)
})

test.serial('failed handshakes leave nothing behind', async t => {
  const leaks = await leaksOf(async () => {
    for (let i = 0; i < 100; i++) {
      const [left, right] = memoryPair()
      const failing = codeOf(performHandshake(left, new Talk('write', 'read'), framing))
      for (let step = 0; step < i % 10; step++) await null
      right.abort(REASON)
      await failing
    }
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

test('abortable: one listener, gone when either has happened', async t => {
  const control = new AbortController()
  const listeners = (): number => getEventListeners(control.signal, 'abort').length
  const waiting = deferred<number>()
  const first = abortable(waiting.promise, control.signal)
  t.is(listeners(), 1)
  waiting.resolve(1)
  t.is(await first, 1)
  t.is(listeners(), 0)
  let told: unknown
  const failing = deferred<number>()
  const second = codeOf(abortable(failing.promise, control.signal, error => { told = error }))
  control.abort(REASON)
  t.is(await second, REASON.message)
  t.is(listeners(), 0)
  failing.reject(new Error('later'))
  await null
  t.is((told as Error).message, 'later')
  t.is(await codeOf(abortable(new Promise(() => undefined), control.signal)), REASON.message)
  t.is(listeners(), 0)
})

test('abortOn: the listener goes with what it would abort', async t => {
  const control = new AbortController()
  const closed = deferred()
  const reasons: Error[] = []
  abortOn(control.signal, { abort: reason => { reasons.push(reason) }, closed: closed.promise })
  t.is(getEventListeners(control.signal, 'abort').length, 1)
  closed.resolve()
  await closed.promise
  await null
  t.is(getEventListeners(control.signal, 'abort').length, 0)
  abortOn(AbortSignal.abort(REASON), { abort: reason => { reasons.push(reason) }, closed: closed.promise })
  t.deepEqual(reasons, [REASON])
})
