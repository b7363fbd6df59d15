import test from 'ava'
import fc from 'fast-check'
import { ctrPeer, type CtrFrame, type Received } from '../../lib/ctr/index.js'
import { join } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf, endless, items, pattern, silence } from '../support/sources.js'
import { feed, flipped, frame, freshBlock, lonePeer, peerPair, SECRET } from './support.js'

/** What can be compared of an outcome. */
function outcome ({ status, bytes, next, end, error }: Received): unknown[] {
  return [status, bytes.byteLength, next, end, (error as { code?: string } | undefined)?.code]
}

test('complete, partial, slow: whole verified frames, and what is left waits for the next call', async t => {
  const { peer, wire, seal } = await lonePeer()
  const { write } = feed(wire)
  await write(seal(frame(1, pattern(60)), frame(2, pattern(60)), frame(3, new Uint8Array(0)), frame(4, pattern(40))))
  const first = await peer.receive(100)
  t.deepEqual(outcome(first), ['partial', 60, 60, undefined, undefined])
  t.deepEqual(first.bytes, pattern(60))
  t.deepEqual(first.frames, [{ code: 1, length: 60 }])
  t.deepEqual(outcome(await peer.receive(59)), ['partial', 0, 60, undefined, undefined])
  t.deepEqual(outcome(await peer.receive(0)), ['complete', 0, undefined, undefined, undefined])
  const second = await peer.receive(100)
  t.deepEqual(outcome(second), ['complete', 100, undefined, undefined, undefined])
  t.deepEqual(second.bytes, join([pattern(60), pattern(40)]))
  t.deepEqual(second.frames, [{ code: 2, length: 60 }, { code: 3, length: 0 }, { code: 4, length: 40 }])
  t.deepEqual(outcome(await peer.receive(1, { timeout: 0 })), ['slow', 0, undefined, undefined, 'ERR_CTR_SLOW'])
  await write(seal(frame(5, pattern(10))))
  t.deepEqual(outcome(await peer.receive(11, { timeout: 5 })), ['slow', 10, undefined, undefined, 'ERR_CTR_SLOW'])
  // a frame that came in two parts, the second after the timeout, is not lost
  const late = seal(frame(6, pattern(30)))
  await write(late.subarray(0, 20))
  t.deepEqual(outcome(await peer.receive(30, { timeout: 5 })), ['slow', 0, undefined, undefined, 'ERR_CTR_SLOW'])
  t.is(peer.state, 'receive')
  const waiting = peer.receive(30, { timeout: Infinity })
  await write(late.subarray(20))
  t.deepEqual(outcome(await waiting), ['complete', 30, undefined, undefined, undefined])
  t.is(peer.state, 'wait')
  peer.abort()
})

test('corrupt: what was verified before comes with the error, then the error alone; sending is the caller\'s choice', async t => {
  const { peer, wire, seal } = await lonePeer()
  const { write } = feed(wire)
  const good = seal(frame(1, pattern(60)), frame(1, pattern(30)))
  await write(join([good, flipped(seal(frame(2, pattern(60))), 20), seal(frame(3, pattern(10)))]))
  t.deepEqual(outcome(await peer.receive(60)), ['complete', 60, undefined, undefined, undefined])
  const corrupt = await peer.receive(100)
  t.deepEqual(outcome(corrupt), ['corrupt', 30, undefined, undefined, 'ERR_CTR_MAC'])
  t.deepEqual(corrupt.bytes, pattern(30))
  const again = await peer.receive(1)
  t.is(again.error, corrupt.error)
  t.deepEqual(outcome(await peer.receive(0)), ['complete', 0, undefined, undefined, undefined])
  // the receiving direction is dead, the other one goes on
  t.is(await codeOf(peer.send(9, pattern(10))), 'resolved')
  await peer.finish()
  t.is(await codeOf(peer.closed), 'ERR_CTR_MAC')
})

test('a violation while receive waits; and a reset, whose cause it tells', async t => {
  const { peer, wire, seal } = await lonePeer()
  const waiting = peer.receive(100)
  const { write } = feed(wire)
  await write(seal(frame(1, pattern(60))))
  await write(pattern(24))
  t.deepEqual(outcome(await waiting), ['corrupt', 60, undefined, undefined, 'ERR_CTR_CHECKSUM'])
  await peer.close()
  const other = await lonePeer()
  const gone = other.peer.receive(100)
  const { write: writeOther } = feed(other.wire)
  // with a byte of the next frame, which shows in the state that the first one was taken
  await writeOther(join([other.seal(frame(1, pattern(60))), pattern(1)]))
  while (other.peer.state !== 'receive') await Promise.resolve()
  other.wire.abort(new Error('gone'))
  t.deepEqual(outcome(await gone), ['corrupt', 60, undefined, undefined, 'ERR_TRANSPORT_RESET'])
  t.is(await codeOf(other.peer.send(1, pattern(1))), 'ERR_TRANSPORT_RESET')
  await other.peer.close()
})

test('the end is in the outcome: authenticated by endCode, unauthenticated without, an error where it is missing', async t => {
  for (const [options, tail, expected] of [
    [{}, [], ['partial', 60, undefined, 'unauthenticated', undefined]],
    [{ endCode: 9 }, [frame(9, new Uint8Array(0))], ['partial', 60, undefined, 'authenticated', undefined]],
    [{ endCode: 9 }, [], ['corrupt', 60, undefined, undefined, 'ERR_CTR_END']]
  ] as const) {
    const { peer, wire, seal } = await lonePeer(options)
    void wire.sink(items(seal(frame(1, pattern(60)), ...tail))).catch(() => {})
    t.deepEqual(outcome(await peer.receive(100)), [...expected])
    t.deepEqual(outcome(await peer.receive(100)).slice(0, 2), [expected[0], 0])
    t.is(peer.end, expected[3] ?? 'open')
    wire.abort(new Error('done'))
  }
})

test('every cut of the wire: a receive that asks for everything has all whole frames, and says what happened', async t => {
  const all = [frame(1, pattern(9)), frame(2, new Uint8Array(0)), frame(3, pattern(50))]
  const length = (await lonePeer()).seal(...all).byteLength
  for (let cutAt = 0; cutAt <= length; cutAt++) {
    const { peer, wire, seal } = await lonePeer()
    const bytes = seal(...all)
    void wire.sink(items(bytes.subarray(0, cutAt))).catch(() => {})
    const { status, bytes: got, end, error } = await peer.receive(1000)
    const ends = [33, 57, length]
    t.is(got.byteLength, cutAt < 33 ? 0 : cutAt < length ? 9 : 59)
    if (cutAt === 0 || ends.includes(cutAt)) t.deepEqual([status, end], ['partial', 'unauthenticated'])
    else t.deepEqual([status, (error as { code?: string }).code], ['corrupt', 'ERR_CTR_TRUNCATED'])
    wire.abort(new Error('done'))
    peer.abort()
  }
})

test('what is sent in any pieces is received in any pieces', async t => {
  const body = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 })
  await fc.assert(fc.asyncProperty(body, body, fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 100 }), fc.constantFrom('half' as const, 'full' as const), fc.nat(), async (there, back, frameBytes, max, duplex, seed) => {
    const [top, bottom] = await peerPair({ endCode: 0, duplex, rotateEvery: 3, limits: { frameBytes, receiveBytes: 100 } }, { chunks: { seed, max }, buffer: 200 })
    const all = async (peer: typeof top): Promise<Uint8Array> => {
      const pieces: Uint8Array[] = []
      for (;;) {
        const { bytes, end, next } = await peer.receive(250)
        pieces.push(bytes)
        if (end !== undefined) return join(pieces)
        t.true(next === undefined || next <= frameBytes)
      }
    }
    const sending = async (peer: typeof top, chunks: Uint8Array[]): Promise<void> => {
      await peer.send(5, chunks)
      await peer.send(6, items(...chunks))
      await peer.finish()
    }
    const [came, went] = await Promise.all([all(bottom), all(top), sending(top, there), sending(bottom, back)])
    t.deepEqual(came, join([...there, ...there]))
    t.deepEqual(went, join([...back, ...back]))
    await Promise.all([top.closed, bottom.closed])
  }), { numRuns: 40 })
})

test('one call of send is several frames of its code, and nothing is one without payload', async t => {
  const [top, bottom] = await peerPair({ limits: { frameBytes: 100 } })
  const sent = Promise.all([top.send(7, pattern(250))]).then(() => top.send(8, [])).then(() => top.send(9, new Uint8Array(0))).then(() => top.send(10, [pattern(1), pattern(2)]))
  const { frames } = await bottom.receive(253)
  t.deepEqual(frames.map(({ code, length }) => [code, length]), [[7, 100], [7, 100], [7, 50], [8, 0], [9, 0], [10, 1], [10, 2]])
  await sent
  for (const [code, body, error] of [[-1, pattern(1), 'ERR_CTR_CODE'], [1, 'text', 'ERR_CTR_PAYLOAD'], [1, undefined, 'ERR_CTR_PAYLOAD'], [1, ['text'], 'ERR_CTR_PAYLOAD'], [1, 5, 'ERR_CTR_PAYLOAD']] as const) {
    t.is(await codeOf(top.send(code, body as never)), error)
  }
  await Promise.all([top.close(), bottom.close()])
  t.is(await codeOf(top.send(1, pattern(1))), 'ERR_CTR_ENDED')
})

test('a source that throws: what came before is sent, and the peer goes on', async t => {
  const [top, bottom] = await peerPair()
  const broken = (async function * () { yield pattern(10); throw new Error('the source') })()
  t.is(await codeOf(top.send(1, broken)), 'the source')
  await top.send(2, pattern(5))
  t.deepEqual((await bottom.receive(15)).frames, [{ code: 1, length: 10 }, { code: 2, length: 5 }])
  await Promise.all([top.close(), bottom.close()])
})

test('arrays of other numbers than bytes are refused, and the peer goes on', async t => {
  const [top, bottom] = await peerPair()
  for (const body of [new Uint16Array(3), new Float64Array(1), new BigUint64Array(1), new Uint8ClampedArray(2), { byteLength: 1, subarray: () => undefined }]) {
    t.is(await codeOf(top.send(1, body as never)), 'ERR_CTR_PAYLOAD')
    t.is(await codeOf(top.send(1, [body] as never)), 'ERR_CTR_PAYLOAD')
  }
  await top.send(1, pattern(3))
  t.deepEqual((await bottom.receive(3)).frames, [{ code: 1, length: 3 }])
  top.abort()
})

test('one send and one receive at a time; requests that cannot be', async t => {
  const [top, bottom] = await peerPair()
  const waiting = top.receive(1, { timeout: Infinity })
  t.is(await codeOf(top.receive(1)), 'ERR_CTR_BUSY')
  const source = silence()
  const sending = top.send(1, source)
  t.is(await codeOf(top.send(1, pattern(1))), 'ERR_CTR_BUSY')
  for (const length of [-1, 1.5, NaN, Infinity]) t.is(await codeOf(bottom.receive(length)), 'ERR_CTR_RECEIVE')
  for (const timeout of [-1, NaN, 2 ** 31]) t.is(await codeOf(bottom.receive(1, { timeout })), 'ERR_CTR_RECEIVE')
  top.abort(new Error('the reason'))
  t.is(await codeOf(sending), 'the reason')
  t.true(source.returned)
  t.is((await waiting).error?.message, 'the reason')
  t.is(await codeOf(top.closed), 'the reason')
  t.is((await bottom.receive(1)).status, 'corrupt')
})

test('a reader that does not receive: the sender waits, memory is bounded, and it may still send itself', async t => {
  const [top, bottom] = await peerPair({ limits: { receiveBytes: 10_000, frameBytes: 1000, closeTimeout: 5 } }, { buffer: 5000 })
  const source = endless(1000)
  const sending = codeOf(top.send(1, source))
  let asked = -1
  // until it comes to a stand by itself
  while (asked !== source.asked) {
    asked = source.asked
    for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate)
  }
  t.true(asked < 400, `${asked} chunks`)
  await bottom.send(2, pattern(100))
  t.deepEqual((await top.receive(100)).bytes, pattern(100))
  const got = await bottom.receive(300_000)
  t.is(got.status, 'complete')
  await bottom.close()
  t.regex(await sending, /^ERR_/)
  await top.close()
})

test('so many frames of nothing as one call takes are a partial outcome', async t => {
  const { peer, wire, seal } = await lonePeer({ limits: { gatheredFrames: 10, receiveFrames: 5 } })
  void wire.sink(items(seal(...Array.from({ length: 25 }, (): CtrFrame => frame(0, new Uint8Array(0)))))).catch(() => {})
  t.is((await peer.receive(1)).frames.length, 10)
  t.is((await peer.receive(1)).frames.length, 10)
  const { status, frames, end } = await peer.receive(1)
  t.deepEqual([status, frames.length, end], ['partial', 5, 'unauthenticated'])
  wire.abort(new Error('done'))
})

test('finish is a half-close: the other direction goes on; close drops it, and has a limit', async t => {
  const [top, bottom] = await peerPair({ endCode: 0 })
  await Promise.all([top.finish(), top.finish()])
  t.deepEqual(outcome(await bottom.receive(1)), ['partial', 0, undefined, 'authenticated', undefined])
  const back = top.receive(5)
  await bottom.send(3, pattern(5))
  t.is((await back).status, 'complete')
  await bottom.finish()
  await Promise.all([top.closed, bottom.closed])
  const { peer } = await lonePeer({ limits: { closeTimeout: 5 } })
  await peer.close()
  t.is(await codeOf(peer.closed), 'ERR_CTR_CLOSE_TIMEOUT')
})

test('options that cannot be, and a signal', async t => {
  const wrong = [
    [{ role: 'top', secret: SECRET, block: freshBlock() }, 'ERR_CTR_OPTION'], [{ role: 'top' }, 'ERR_CTR_OPTION'],
    ...([[{ limits: { frameBytes: 0 } }, 'ERR_LIMIT_OPTION'], [{ endCode: -1 }, 'ERR_CTR_CODE'], [{ duplex: 'both' }, 'ERR_CTR_OPTION'], [{ rotateEvery: 0 }, 'ERR_LIMIT_OPTION'], [{ role: 'up' }, 'ERR_CTR_OPTION'], [{ secret: pattern(31) }, 'ERR_CTR_SECRET']] as const)
      .map(([more, code]) => [{ role: 'top', secret: SECRET, ...more }, code] as const)
  ] as const
  for (const [options, code] of wrong) {
    const [left, right] = memoryPair()
    t.is(await codeOf(ctrPeer(left, options as never)), code)
    // nothing was sent, and nothing is left open
    t.is(await codeOf(right.source[Symbol.asyncIterator]().next()), 'ERR_TRANSPORT_RESET')
  }
  const stop = new AbortController()
  const [top, bottom] = await peerPair({ signal: stop.signal })
  stop.abort(new Error('stopped'))
  t.is(await codeOf(top.closed), 'stopped')
  t.is(await codeOf(bottom.closed), 'stopped')
})

test('nothing is left behind, however it ends', async t => {
  const leaks = await leaksOf(async () => {
    for (let round = 0; round < 20; round++) {
      const [top, bottom] = await peerPair({ endCode: 0 })
      await Promise.all([top.send(1, pattern(1000)), bottom.receive(1000)])
      if (round % 4 === 0) await Promise.all([top.close(), bottom.close()])
      else if (round % 4 === 1) top.abort()
      else if (round % 4 === 2) { void top.send(1, silence()).catch(() => {}); void top.receive(5); bottom.abort() } else await Promise.all([top.finish(), bottom.finish()])
      await Promise.all([top.closed.catch(() => {}), bottom.closed.catch(() => {})])
    }
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

test('what plain JavaScript gives wrongly is refused with a sentence, a password above all', async t => {
  const wrong = [null, 'a password that is longer than thirty-two letters', 5, {}, []]
  for (const secret of wrong) {
    const [left] = memoryPair()
    t.is(await codeOf(ctrPeer(left, { role: 'top', secret } as never)), 'ERR_CTR_SECRET')
  }
  for (const duplex of wrong) t.is(await codeOf(ctrPeer(duplex as never, { role: 'top', secret: SECRET })), 'ERR_ARGUMENT')
  for (const more of [{ signal: 5 }, { signal: null }]) {
    const [left] = memoryPair()
    t.is(await codeOf(ctrPeer(left, { role: 'top', secret: SECRET, ...more } as never)), 'ERR_ARGUMENT')
  }
  for (const more of [{ block: 5 }, {}]) {
    const [left] = memoryPair()
    t.is(await codeOf(ctrPeer(left, { role: 'top', ...more } as never)), 'ERR_CTR_OPTION')
  }
  const [left] = memoryPair()
  t.is(await codeOf(ctrPeer(left, undefined as never)), 'ERR_CTR_OPTION')
})
