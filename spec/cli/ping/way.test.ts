import test from 'ava'
import { randomUuid } from '../../../lib/bytes/index.js'
import { OwnConnection } from '../../../lib/cli/own-connection.js'
import { Way, type WayParts } from '../../../lib/cli/ping/way.js'
import type { PeerHandle, PeerStream } from '../../../lib/relay/index.js'
import { Channel, deferred, streamError } from '../../../lib/stream/index.js'

/** A peer that answers, and counts the streams that are open. */
function echoes (): { readonly open: Set<PeerStream>, readonly peer: () => PeerHandle } {
  const open = new Set<PeerStream>()
  const make = (): PeerStream => {
    const back = new Channel<Uint8Array>({ maxItems: 16 })
    const over = deferred()
    const end = (): void => {
      open.delete(stream as PeerStream)
      over.resolve()
    }
    const stream: Partial<PeerStream> = {
      source: back,
      sink: async source => {
        for await (const bytes of source as AsyncIterable<Uint8Array>) await back.push(bytes)
        back.end()
      },
      closed: over.promise,
      abort: end,
      close: async () => { end() }
    }
    open.add(stream as PeerStream)
    return stream as PeerStream
  }
  const peer: Partial<PeerHandle> = { open: async () => make() }
  return { open, peer: () => peer as PeerHandle }
}

function connected (): OwnConnection {
  const connection = new OwnConnection()
  connection.changed({ type: 'connected' })
  return connection
}

test('hops that are lost leave no streams open', async t => {
  const { open, peer } = echoes()
  const hops = [true, false, true, false, true]
  const client: WayParts['client'] = {
    peer,
    ping: async () => {
      if (hops.shift() === true) return 1
      throw streamError('ERR_TIMEOUT')
    }
  }
  const way = new Way({ client, connection: connected(), signal: new AbortController().signal }, randomUuid(), 60_000)
  t.is((await way.round()).hop, 1)
  await t.throwsAsync(way.round(), { code: 'ERR_TIMEOUT' })
  t.is(open.size, 0)
  t.is((await way.round()).hop, 1)
  await t.throwsAsync(way.round(), { code: 'ERR_TIMEOUT' })
  t.is((await way.round()).hop, 1)
  t.is(open.size, 1)
  await way.close()
  t.is(open.size, 0)
})

test('a ping that is lost while the connection is made anew says why there is none, and leaves no wait behind', async t => {
  const connection = connected()
  const signals: Array<AbortSignal | undefined> = []
  const client: WayParts['client'] = {
    peer: echoes().peer,
    ping: async options => {
      const signal = options?.signal
      signals.push(signal)
      return new Promise((_resolve, reject) => { signal?.addEventListener('abort', () => { reject(signal.reason as Error) }) })
    }
  }
  const way = new Way({ client, connection, signal: new AbortController().signal }, randomUuid(), 1)
  await t.throwsAsync(way.round(), { code: 'ERR_TIMEOUT' })
  connection.changed({ type: 'waiting', error: streamError('ERR_TRUNCATED'), delay: 1 })
  connection.changed({ type: 'connecting' })
  await t.throwsAsync(way.round(), { code: 'ERR_TRUNCATED' })
  t.deepEqual(signals.map(signal => signal?.aborted), [true, true])
})
