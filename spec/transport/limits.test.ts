import test from 'ava'
import { memoryPair } from '../../lib/transport/memory.js'
import { dialTcp, listenTcp } from '../../lib/transport/tcp.js'
import { dialWebSocket } from '../../lib/transport/websocket.js'
import { listenWebSocket } from '../../lib/transport/websocket-server.js'
import { codeOf } from '../support/sources.js'

// a timer beyond 2^31 - 1 would fire at once
const BAD = [{ closeTimeout: 2 ** 31 }, { closeTimeout: 0 }, { highWater: 0 }, { highWater: 1.5 }] as const

test('limits out of their range are refused before anything is opened', async t => {
  const nobody = (): void => {}
  for (const limit of BAD) {
    t.throws(() => memoryPair(limit), { code: 'ERR_LIMIT_OPTION' })
    t.is(await codeOf(dialTcp({ port: 9, ...limit })), 'ERR_LIMIT_OPTION')
    t.is(await codeOf(listenTcp(limit, nobody)), 'ERR_LIMIT_OPTION')
    t.is(await codeOf(dialWebSocket('ws://127.0.0.1:9', limit)), 'ERR_LIMIT_OPTION')
    t.is(await codeOf(listenWebSocket(limit, nobody)), 'ERR_LIMIT_OPTION')
  }
  t.is(await codeOf(dialTcp({ port: 9, connectTimeout: Infinity })), 'ERR_LIMIT_OPTION')
  t.is(await codeOf(listenTcp({ maxConnections: -1 }, nobody)), 'ERR_LIMIT_OPTION')
  t.is(await codeOf(dialWebSocket('ws://127.0.0.1:9', { maxMessage: 0 })), 'ERR_LIMIT_OPTION')
  t.is(await codeOf(listenWebSocket({ maxConnections: NaN }, nobody)), 'ERR_LIMIT_OPTION')
})
