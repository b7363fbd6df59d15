import { getEventListeners } from 'node:events'
import test from 'ava'
import { crypto } from '../../lib/crypto/index.js'
import { noiseChannel, type NoiseChannel } from '../../lib/noise/index.js'
import { HushwireError, type Bytes } from '../../lib/stream/index.js'
import { memoryPair, type Transport } from '../../lib/transport/memory.js'
import { leaksOf } from '../support/leaks.js'
import { collect, items, pattern } from '../support/sources.js'
import { optionsOf, XX } from './ends.js'

// Every await of a channel is a place where it may be left. Over a pair in memory all of a channel's life is microtasks, so
// an action after 0, 1, 2 … of them comes between any two steps that the channel takes.

/** The portable backend is ten times as slow, and what is tried here lies above it. */
const STEP = crypto.backend === 'portable' ? 7 : 1
const REASON = new Error('the reason')

/** What somebody who leaves has in hand. */
interface Stage {
  readonly control: AbortController
  readonly duplexes: readonly [Transport, Transport]
  readonly near: NoiseChannel | undefined
  readonly reading: AsyncIterator<Uint8Array> | undefined
  /** Makes the source that is being written throw. */
  readonly fail: (reason: Error) => void
}

interface Run {
  /** True when everything had settled before the action. */
  readonly over: boolean
  readonly codes: readonly string[]
  readonly signal: AbortSignal
}

const codeOf = (result: PromiseSettledResult<unknown>): string => result.status === 'fulfilled' ? 'resolved' : result.reason instanceof HushwireError ? result.reason.code : (result.reason as Error).message

/** Both ends of a channel from the handshake to the end, and the action after so many microtasks. */
async function run (after: number, act: (stage: Stage) => unknown): Promise<Run> {
  const control = new AbortController()
  const duplexes = memoryPair({ closeTimeout: 30 })
  let near: NoiseChannel | undefined
  let reading: AsyncIterator<Uint8Array> | undefined
  let failure: Error | undefined
  const written = async function * (): AsyncGenerator<Bytes> {
    for (const size of [10, 5000, 140_000, 1]) {
      if (failure !== undefined) throw failure
      yield pattern(size)
    }
  }
  const ours = noiseChannel(duplexes[0], optionsOf(XX, 'initiator', { signal: control.signal, verify: async () => true })).then(async channel => {
    near = channel
    reading = channel.source[Symbol.asyncIterator]()
    const read = async (): Promise<void> => { while ((await (reading as AsyncIterator<Uint8Array>).next()).done !== true); }
    const results = await Promise.allSettled([channel.sink(written()), read()])
    await channel.close()
    return [...results, ...await Promise.allSettled([channel.closed])]
  })
  const theirs = noiseChannel(duplexes[1], optionsOf(XX, 'responder')).then(async channel => {
    const results = await Promise.allSettled([channel.sink(items(pattern(10), pattern(70_000))), collect(channel.source)])
    await channel.close()
    return [...results, ...await Promise.allSettled([channel.closed])]
  })
  const all = Promise.allSettled([ours, theirs])
  let over = false
  all.then(() => { over = true }, () => {})
  for (let step = 0; step < after && !over; step++) await undefined
  const wasOver = over
  await act({ control, duplexes, near, reading, fail: reason => { failure = reason } })
  const ends = await all
  await Promise.allSettled(duplexes.map(async duplex => duplex.closed))
  return { over: wasOver, codes: ends.flatMap(end => end.status === 'fulfilled' ? end.value.map(codeOf) : [codeOf(end)]), signal: control.signal }
}

const ACTIONS: ReadonlyArray<readonly [title: string, act: (stage: Stage) => unknown, codes: RegExp]> = [
  ['the signal aborts', ({ control }) => { control.abort(REASON) }, /^(resolved|the reason|ERR_TRANSPORT_RESET)$/],
  ['the channel is aborted', ({ near }) => { near?.abort(REASON) }, /^(resolved|the reason|ERR_TRANSPORT_RESET)$/],
  ['the duplex below is aborted', ({ duplexes }) => { duplexes[0].abort(REASON) }, /^(resolved|the reason|ERR_TRANSPORT_RESET)$/],
  ['the other side\'s duplex is aborted', ({ duplexes }) => { duplexes[1].abort(REASON) }, /^(resolved|the reason|ERR_TRANSPORT_RESET)$/],
  ['the source that is written throws', ({ fail }) => { fail(REASON) }, /^(resolved|the reason|ERR_TRANSPORT_RESET)$/],
  ['the reader leaves', ({ reading }) => { reading?.return?.()?.catch(() => {}) }, /^(resolved|ERR_TRANSPORT_(RESET|CLOSE_TIMEOUT|CLOSED)|ERR_NOISE_UNAUTHENTICATED_END)$/],
  ['the channel is closed', ({ near }) => { void near?.close() }, /^(resolved|ERR_CLOSED|ERR_TRANSPORT_(RESET|CLOSE_TIMEOUT|CLOSED)|ERR_NOISE_UNAUTHENTICATED_END)$/],
  ['the duplex below is closed', ({ duplexes }) => { void duplexes[0].close() }, /^(resolved|ERR_CLOSED|ERR_TRUNCATED|ERR_NOISE_UNAUTHENTICATED_END|ERR_TRANSPORT_(RESET|CLOSE_TIMEOUT|CLOSED))$/]
]

for (const [title, act, expected] of ACTIONS) {
  test.serial(`${title}, after any number of microtasks: all settles, nothing is left`, async t => {
    let places = 0
    const leaks = await leaksOf(async () => {
      for (let after = 0, over = false; !over; after += STEP) {
        const outcome = await run(after, act)
        over = outcome.over
        for (const code of outcome.codes) t.regex(code, expected, `after ${after}`)
        t.is(getEventListeners(outcome.signal, 'abort').length, 0, `after ${after}`)
        places = after
      }
    })
    t.deepEqual(leaks, { rejections: [], handles: {} })
    // handshake, transport and end are among them
    t.true(places > 100, `${places}`)
  })
}

test.serial('a signal that has aborted before: nothing is sent', async t => {
  const duplexes = memoryPair()
  const leaks = await leaksOf(async () => {
    const [failed] = await Promise.allSettled([noiseChannel(duplexes[0], optionsOf(XX, 'initiator', { signal: AbortSignal.abort(REASON) }))])
    t.is(codeOf(failed), REASON.message)
    const [came] = await Promise.allSettled([duplexes[1].source[Symbol.asyncIterator]().next()])
    t.is(codeOf(came), 'ERR_TRANSPORT_RESET')
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

test.serial('a signal that aborts after the end changes nothing', async t => {
  const { codes, signal } = await run(Infinity, ({ control }) => { control.abort(REASON) })
  t.true(signal.aborted)
  t.deepEqual([...new Set(codes)], ['resolved'])
})

test.serial('many channels that are left in many ways, hundreds of times', async t => {
  const leaks = await leaksOf(async () => {
    for (let round = 0; round < 300 / STEP; round++) await run(round * 7 % 160, (ACTIONS[round % ACTIONS.length] as typeof ACTIONS[number])[1])
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})
