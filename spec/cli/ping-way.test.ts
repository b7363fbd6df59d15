import test from 'ava'
import { randomUuid } from '../../lib/bytes/index.js'
import { Way } from '../../lib/cli/ping/way.js'
import type { Client } from '../../lib/relay/index.js'
import { streamError } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { codeOf } from '../support/sources.js'

test('a lost hop leaves no stream behind, and no ping that waits', async t => {
  const streams = { opened: 0, aborted: 0 }
  const pings: AbortSignal[] = []
  let lost = false
  const client: object = {
    state: { type: 'connected' },
    ping: async ({ signal }: { signal: AbortSignal }) => {
      pings.push(signal)
      if (!lost) return 1
      throw streamError('ERR_TIMEOUT')
    },
    peer: () => ({
      open: async () => {
        streams.opened++
        const [near, far] = memoryPair()
        void far.sink(far.source).catch(() => {})
        const abort = (reason: Error): void => {
          streams.aborted++
          near.abort(reason)
        }
        return { source: near.source, sink: near.sink.bind(near), closed: near.closed, close: near.close.bind(near), abort }
      }
    })
  }
  const way = new Way(client as Client, randomUuid(), 60_000, new AbortController().signal)
  for (let i = 0; i < 3; i++) {
    lost = false
    t.is((await way.round()).hop, 1)
    lost = true
    t.is(await codeOf(way.round()), 'ERR_TIMEOUT')
  }
  t.deepEqual(streams, { opened: 3, aborted: 3 })
  t.is(pings.length, 6)
  await way.close()
})
