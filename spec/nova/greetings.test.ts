import test from 'ava'
import { randomUuid, uuidKey, type Uuid } from '../../lib/bytes/index.js'
import { KIND, RESET_CODES, type MessagePacket } from '../../lib/nova/index.js'
import { encodeGreeting, newAttempt } from '../../lib/nova/greeting.js'
import { Greetings } from '../../lib/nova/greetings.js'
import { deferred } from '../../lib/stream/index.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf, items } from '../support/sources.js'
import { settled } from './switchboard.js'

const LIMITS = { maxGreetings: 4, maxPeerGreetings: 2, handshakeTimeout: 10_000 }
const GREETING = { step: 1, attempt: newAttempt(), message: new Uint8Array(45).fill(7) }

/** Packets of greetings, and which of them were stopped. */
class Board {
  readonly stopped: Array<[name: string, code: number]> = []

  whole (source: Uuid): MessagePacket {
    return { header: headerOf(source), source: items(encodeGreeting(GREETING)) }
  }

  endless (source: Uuid, name: string): MessagePacket {
    return { header: headerOf(source), source: endless(), stop: code => { this.stopped.push([name, code]) } }
  }
}

const headerOf = (source: Uuid): MessagePacket['header'] => ({ target: randomUuid(), source, kind: KIND.handshake })

async function * endless (): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(1)
  await deferred().promise
}

test('the oldest of a peer that has as many as it may, else the oldest of all, makes way', async t => {
  const board = new Board()
  const greetings = new Greetings(LIMITS)
  const [eve, mallory] = [randomUuid(), randomUuid()]
  const codes = new Map<string, Promise<string>>()
  const read = (packet: MessagePacket, name: string): void => { codes.set(name, codeOf(greetings.read(packet))) }
  read(board.endless(mallory, 'm1'), 'm1')
  for (const name of ['e1', 'e2', 'e3']) read(board.endless(eve, name), name)
  t.deepEqual(board.stopped, [['e1', RESET_CODES.limit]])
  for (const name of ['x', 'y', 'z']) read(board.endless(randomUuid(), name), name)
  t.deepEqual(board.stopped.slice(1), [['m1', RESET_CODES.limit], ['e2', RESET_CODES.limit]])
  for (const name of ['e1', 'm1', 'e2']) t.is(await codes.get(name), 'ERR_PEER_LIMIT')
  t.false(await settled(Promise.race(['e3', 'x', 'y', 'z'].map(name => codes.get(name)))))
  greetings.clear()
  t.deepEqual(await Promise.all(['e3', 'x', 'y', 'z'].map(name => codes.get(name))), Array.from({ length: 4 }, () => 'ERR_PEER_CLOSED'))
})

test('a whole greeting is read however many others never end, and holds no place', async t => {
  const board = new Board()
  const greetings = new Greetings(LIMITS)
  for (let i = 0; i < 100; i++) {
    for (let j = 0; j < 8; j++) void codeOf(greetings.read(board.endless(randomUuid(), 'stranger')))
    t.deepEqual(await greetings.read(board.whole(randomUuid())), GREETING)
  }
  // each but the last four has been stopped once: by another stranger, or by a greeting that was whole
  t.is(board.stopped.length, 100 * 8 - 3)
  greetings.clear()
})

test.serial('one that never ends is given up in time, also where its packet cannot be stopped', async t => {
  const leaks = await leaksOf(async () => {
    const board = new Board()
    const greetings = new Greetings({ ...LIMITS, handshakeTimeout: 5 })
    t.is(await codeOf(greetings.read(board.endless(randomUuid(), 'slow'))), 'ERR_PEER_TIMEOUT')
    t.deepEqual(board.stopped, [['slow', RESET_CODES.stalled]])
    const left = deferred()
    const source: AsyncIterableIterator<Uint8Array> = {
      next: () => new Promise(() => {}),
      return: async () => { left.resolve(); return { value: undefined, done: true } },
      [Symbol.asyncIterator]: () => source
    }
    t.is(await codeOf(greetings.read({ header: headerOf(randomUuid()), source })), 'ERR_PEER_TIMEOUT')
    await left.promise
    t.is(await codeOf(greetings.read({ header: headerOf(randomUuid()), source: items(new Uint8Array(3)) })), 'ERR_PEER_GREETING')
    greetings.clear()
  })
  t.deepEqual(leaks, { rejections: [], handles: {} })
})

test('peers are told apart by their ids, not by the arrays that hold them', async t => {
  const board = new Board()
  const greetings = new Greetings(LIMITS)
  const peer = randomUuid()
  for (let i = 0; i < 5; i++) void codeOf(greetings.read(board.endless(peer.slice(), uuidKey(peer))))
  t.is(board.stopped.length, 3)
  greetings.clear()
})
