/** A connection that is ended by whoever gives what is written, or takes it. */
import test from 'ava'
import { Channel, each, PolledIterator } from '../../lib/stream/index.js'
import { Connection, type Wire } from '../../lib/transport/connection.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { codeOf } from '../support/sources.js'

/** Notes what is done to it. */
class NotedWire implements Wire {
  readonly calls: string[] = []
  write (): undefined { this.calls.push('write') }
  async end (): Promise<void> { this.calls.push('end') }
  pause (): void {}
  resume (): void {}
  async release (): Promise<void> { this.calls.push('release') }
  async reset (): Promise<void> { this.calls.push('reset') }
}

/** Gives nothing at first, if it is to wait; then one item, and does something before. */
class Ending extends PolledIterator<Uint8Array> {
  readonly #before: () => void
  #waits: boolean
  wake: (() => void) | undefined

  constructor (waits: boolean, before: () => void) {
    super()
    this.#waits = waits
    this.#before = before
  }

  poll (wake: () => void): IteratorResult<Uint8Array> | undefined {
    this.wake = wake
    if (!this.#waits) this.#before()
    const result = this.#waits ? undefined : { value: new Uint8Array(1), done: false as const }
    this.#waits = false
    return result
  }

  return (): Promise<IteratorResult<Uint8Array>> { return Promise.resolve({ value: undefined, done: true }) }
}

for (const waits of [false, true]) {
  const when = waits ? 'when it is woken' : 'at once'

  test(`aborted while it asks for an item, ${when}: nothing is written after the reset`, async t => {
    const wire = new NotedWire()
    const connection = new Connection(wire, { closeTimeout: 10_000, highWater: 1 })
    const source = new Ending(waits, () => { connection.abort(new Error('no more')) })
    const written = connection.sink(source)
    source.wake?.()
    await t.throwsAsync(written, { message: 'no more' })
    t.deepEqual(wire.calls, ['reset'])
  })

  test(`closed while it asks for an item, ${when}: the direction ends once, and nothing is written after`, async t => {
    const wire = new NotedWire()
    const connection = new Connection(wire, { closeTimeout: 10_000, highWater: 1 })
    const source = new Ending(waits, () => { void connection.close() })
    const written = connection.sink(source)
    source.wake?.()
    connection.receiveEnd()
    await written
    await connection.closed
    t.deepEqual(wire.calls, ['end', 'release'])
  })
}

test('closed by the generator that it writes', async t => {
  const [left, right] = memoryPair({ closeTimeout: 100 })
  const reading = each(right.source, () => {})
  async function * items (): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1)
    void left.close()
    yield new Uint8Array(1)
  }
  await left.sink(items())
  await reading
  void right.close()
  t.is(await codeOf(left.closed), 'resolved')
})

test('closed by whoever takes what it writes', async t => {
  const [left, right] = memoryPair({ closeTimeout: 100 })
  const items = new Channel<Uint8Array>()
  const reading = each(right.source, () => { void left.close() })
  const written = left.sink(items)
  void items.push(new Uint8Array(1))
  t.is(await codeOf(written), 'resolved')
  await reading
  void right.close()
  t.is(await codeOf(left.closed), 'resolved')
})
