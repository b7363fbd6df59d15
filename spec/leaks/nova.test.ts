import test from 'ava'
import { stack, type HardenedStackOptions, type NovaLink, type RoutedPacket, type SeedStackOptions } from '../../lib/nova/index.js'
import { deferred } from '../../lib/stream/index.js'
import { memoryPair, type MemoryPairOptions } from '../../lib/transport/memory.js'
import { ALICE, LEFT_KEYS, RIGHT_KEYS, SERVER } from '../nova/support.js'
import { leaksOf } from '../support/leaks.js'
import { collect, pattern, silence } from '../support/sources.js'

type Options = HardenedStackOptions | SeedStackOptions

const NOTHING = { rejections: [], handles: {} }
const HEADER = { target: SERVER.id, source: ALICE.id, kind: 1n }
const seed: [Options, Options] = [{ profile: 'seed', key: LEFT_KEYS }, { profile: 'seed', key: RIGHT_KEYS }]
const profiles: Array<[name: string, left: Options, right: Options]> = [
  ['hardened', { role: 'initiator', identity: ALICE, verify: () => true }, { role: 'responder', identity: SERVER, verify: () => true }],
  ['seed, hello', { profile: 'seed', hello: { role: 'initiator' } }, { profile: 'seed', hello: { role: 'responder' } }],
  ['seed, key', ...seed]
]

/** The code of what a promise ends with; anything but a coded error is a fault of the test's subject. */
async function ending (promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'resolved', (error: Error & { code?: string }) => error.code ?? `not coded: ${error.message}`)
}

/**
 * A session of one end: two packets out, everything in, then the end. Every way it can end, as codes.
 *
 * @param expected - packets of the other side that it waits for before it closes: who closes takes none that come after
 */
async function session (opening: Promise<NovaLink>, expected = 0): Promise<string[]> {
  let link: NovaLink
  try {
    link = await opening
  } catch (error) {
    return [await ending(Promise.reject(error))]
  }
  const come = deferred()
  let missing = expected
  const read = async (): Promise<void> => {
    for await (const packet of link.source) {
      await collect(packet.source)
      if (--missing === 0) come.resolve()
    }
  }
  const codes = [ending(read()), ending(link.send(HEADER, pattern(30))), ending(link.send(HEADER, [pattern(10), pattern(20)]))]
  await Promise.all(codes.slice(1))
  if (expected > 0) await come.promise
  codes.push(ending(link.close()), ending(link.closed))
  return Promise.all(codes)
}

function pairOf (left: Options, right: Options, memory: MemoryPairOptions, expected = 0): Promise<[string[], string[]]> {
  const [a, b] = memoryPair({ closeTimeout: 1000, ...memory })
  const limits = { handshakeTimeout: 5000, closeTimeout: 5000 }
  return Promise.all([session(stack(a, { ...left, limits }), expected), session(stack(b, { ...right, limits }), expected)])
}

for (const [name, left, right] of profiles) {
  test.serial(`case 47 for nova: the connection is cut after every byte of handshake and first packets (${name})`, async t => {
    const total = name === 'hardened' ? 620 : 420
    const endings = new Set<string>()
    const leaks = await leaksOf(async () => {
      for (let cutAfter = 0; cutAfter < total; cutAfter++) {
        for (const direction of ['toLeft', 'toRight'] as const) {
          const both = await pairOf(left, right, { [direction]: { faults: { cutAfter } } })
          for (const code of both.flat()) endings.add(code)
          for (const code of both.flat()) t.regex(code, /^(resolved|ERR_\w+)$/, `${direction} after ${cutAfter}`)
        }
      }
      // without a cut, so that the count above covers what there is
      t.deepEqual(await pairOf(left, right, {}, 2), [Array.from({ length: 5 }, () => 'resolved'), Array.from({ length: 5 }, () => 'resolved')])
    })
    t.true(endings.has('ERR_TRANSPORT_RESET'))
    t.deepEqual(leaks, NOTHING)
  })

  test.serial(`case 11, 21: one bit of each byte of handshake and first packets flipped: both ends settle, nothing is left (${name})`, async t => {
    const total = name === 'hardened' ? 620 : 420
    const leaks = await leaksOf(async () => {
      for (let byte = 0; byte < total; byte += 3) {
        const [a, b] = memoryPair({ toRight: { faults: { flip: { byte, bit: byte & 7 } } } })
        const limits = { handshakeTimeout: 100, closeTimeout: 100 }
        const both = await Promise.all([session(stack(a, { ...left, limits })), session(stack(b, { ...right, limits }))])
        for (const code of both.flat()) t.regex(code, /^(resolved|ERR_\w+)$/, `byte ${byte}`)
      }
    })
    t.deepEqual(leaks, NOTHING)
  })
}

/** Everything that a caller can do to a link at some moment, and none of it may leave anything behind. */
const endings: Array<[what: string, act: (link: NovaLink, abort: AbortController) => void]> = [
  ['close', link => { void ending(link.close()) }],
  ['abort', link => { link.abort(new Error('mine')) }],
  ['signal', (_, abort) => { abort.abort(new Error('mine')) }],
  ['return of source', link => {
    void link.source[Symbol.asyncIterator]().return?.()
    void ending(link.close())
  }]
]

test.serial('case 21: closed, aborted and left at every step, 1,000 times: nothing is left', async t => {
  const leaks = await leaksOf(async () => {
    for (let round = 0; round < 1000; round++) {
      const [, act] = endings[round % endings.length] as typeof endings[number]
      const steps = Math.floor(round / endings.length) % 40
      const abort = new AbortController()
      const [a, b] = memoryPair({ chunks: 1 + round % 50, closeTimeout: 500 })
      const limits = { closeTimeout: 500 }
      const [left, right] = await Promise.all([stack(a, { ...seed[0], limits, signal: abort.signal }), stack(b, { ...seed[1], limits })])
      const work = [
        ending((async () => { for await (const packet of right.source) await collect(packet.source) })()),
        ending((async () => { for await (const packet of left.source) for await (const bytes of packet.source) if (bytes.byteLength > 5) break })()),
        ending(left.send(HEADER, pattern(100))),
        ending(left.send(HEADER, (async function * () { yield pattern(10); yield pattern(20) })())),
        ending(right.send(HEADER, pattern(200)))
      ]
      for (let step = 0; step < steps; step++) await Promise.resolve()
      act(left, abort)
      void ending(right.close())
      await Promise.all([...work, ending(left.closed), ending(right.closed)])
    }
  })
  t.deepEqual(leaks, NOTHING)
})

test.serial('case 21: handshakes aborted at every step, 500 times: nothing is left', async t => {
  const leaks = await leaksOf(async () => {
    for (let round = 0; round < 500; round++) {
      const [, leftOptions, rightOptions] = profiles[round % 2] as typeof profiles[number]
      const abort = new AbortController()
      const [a, b] = memoryPair()
      const both = [stack(a, { ...leftOptions, signal: abort.signal }), stack(b, rightOptions)].map(async opening => { await (await opening).closed })
      for (let step = 0; step < Math.floor(round / 2) % 60; step++) await Promise.resolve()
      abort.abort(new Error('mine'))
      for (const one of both) t.not(await ending(one), 'resolved')
    }
  })
  t.deepEqual(leaks, NOTHING)
})

test.serial('case 21: readers and senders that are left waiting are settled by the end of the link', async t => {
  const leaks = await leaksOf(async () => {
    for (const how of ['abort', 'cut'] as const) {
      const [a, b] = memoryPair()
      const [left, right] = await Promise.all([stack(a, seed[0]), stack(b, seed[1])])
      const waiting = silence()
      const sent = ending(left.send(HEADER, waiting))
      void ending(left.send(HEADER, (async function * () { yield pattern(10); yield * silence() })()))
      const packet = (await right.source[Symbol.asyncIterator]().next() as IteratorResult<RoutedPacket, never>).value
      const reading = ending(collect(packet.source))
      const next = ending(right.source[Symbol.asyncIterator]().next())
      if (how === 'abort') left.abort()
      else b.abort(new Error('cut'))
      t.regex(await sent, /^ERR_|not coded: cut/)
      t.regex(await reading, /^ERR_|not coded: cut/)
      t.regex(await next, /^ERR_|not coded: cut/)
      t.true(waiting.returned)
      await Promise.all([ending(left.closed), ending(right.closed)])
    }
  })
  t.deepEqual(leaks, NOTHING)
})
