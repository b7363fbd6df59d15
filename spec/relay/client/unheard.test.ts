/** Conversations in which nothing of the peer has opened, since it may not have the keys. */
import test from 'ava'
import { createIdentity, KIND, RESET_CODES, resetError, type Message, type Peers, type PeerSession } from '../../../lib/nova/index.js'
import type { Connection, Line } from '../../../lib/relay/client/connection/line.js'
import { encodeStreamAnswer, readStreamHead } from '../../../lib/relay/client/streams/stream-head.js'
import { Streams, STREAM_LIMITS } from '../../../lib/relay/client/streams/streams.js'
import { Channel, deferred, ignore } from '../../../lib/stream/index.js'
import { codeOf, items } from '../../support/sources.js'

/** What becomes of a stream's packet: gives the name of the stream, and resolves or rejects when it is over. */
type Fate = (streamId: Uint8Array) => Promise<void>

/** Streams over one conversation in the hands of a test. */
function overSession (): { streams: Streams, closed: () => number, answer: (streamId: Uint8Array) => void, fate: { next: Fate } } {
  const { id, publicKey, staticKey } = createIdentity()
  const messages = new Channel<Message>({ maxItems: Infinity, sizeOf: () => 0 })
  const fate: { next: Fate } = { next: () => new Promise(() => {}) }
  let closed = 0
  const session: PeerSession = {
    peer: { id, publicKey, staticKey: staticKey.publicKey, proof: new Uint8Array(0) },
    confirmed: true,
    messages,
    closed: new Promise(() => {}),
    send: async (_kind, message) => {
      const { head } = await readStreamHead(message as AsyncIterable<Uint8Array>)
      await fate.next(head.streamId)
    },
    close: () => { closed++ }
  }
  const peers = { dial: async () => session } as Partial<Peers> as Peers
  const line = { connected: async () => ({ peers } as Partial<Connection> as Connection) } as Partial<Line> as Line
  const streams = new Streams(line, { accepts: async () => true, limits: STREAM_LIMITS })
  const answer = (streamId: Uint8Array): void => {
    void messages.push({ kind: KIND.stream, source: items(encodeStreamAnswer(streamId)), bytes: async () => new Uint8Array(0), drop: ignore })
  }
  return { streams, closed: () => closed, answer, fate }
}

const PEER = createIdentity().id

test('a stream that the peer drops or leaves without an answer ends a conversation in which nothing has opened', async t => {
  const { streams, closed, fate } = overSession()
  fate.next = () => Promise.reject(resetError(RESET_CODES.cancelled))
  t.is(await codeOf(streams.dial(PEER, 7n)), 'ERR_RESET_REFUSED')
  t.is(closed(), 1)
  fate.next = () => new Promise(() => {})
  t.is(await codeOf(streams.dial(PEER, 7n, { timeout: 1 })), 'ERR_TIMEOUT')
  t.is(closed(), 2)
})

test('who says no has the keys, who stops waiting doubts nothing, and neither does one of several that wait', async t => {
  const { streams, closed, fate } = overSession()
  fate.next = () => Promise.reject(resetError(RESET_CODES.refused))
  t.is(await codeOf(streams.dial(PEER, 7n)), 'ERR_RESET_REFUSED')
  const asked = deferred()
  fate.next = () => { asked.resolve(undefined); return new Promise(() => {}) }
  const stop = new AbortController()
  const stopped = codeOf(streams.dial(PEER, 7n, { signal: stop.signal }))
  await asked.promise
  t.is(await codeOf(streams.dial(PEER, 7n, { timeout: 1 })), 'ERR_TIMEOUT')
  stop.abort(new Error('stopped'))
  t.is(await stopped, 'stopped')
  t.is(closed(), 0)
})

test('a conversation in which the peer has answered stands, whatever becomes of a stream', async t => {
  const { streams, closed, answer, fate } = overSession()
  fate.next = streamId => {
    answer(streamId)
    return new Promise(() => {})
  }
  const stream = await streams.dial(PEER, 7n)
  fate.next = () => Promise.reject(resetError(RESET_CODES.cancelled))
  t.is(await codeOf(streams.dial(PEER, 7n)), 'ERR_RESET_REFUSED')
  t.is(closed(), 0)
  stream.abort(new Error('over'))
})
