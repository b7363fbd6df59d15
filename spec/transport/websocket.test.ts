import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import test from 'ava'
import { WebSocket, WebSocketServer } from 'ws'
import { deferred } from '../../lib/stream/deferred.js'
import type { Transport } from '../../lib/transport/connection.js'
import { dialWebSocket } from '../../lib/transport/websocket.js'
import { listenWebSocket, type WebSocketListenOptions } from '../../lib/transport/websocket-server.js'
import { codeOf, collect, items, pattern, silence } from '../support/sources.js'

/** A bare socket of ws against our listener. */
async function bare (options: WebSocketListenOptions = {}): Promise<{ socket: WebSocket, connection: Transport, done: () => Promise<void> }> {
  const accepted = deferred<Transport>()
  const listener = await listenWebSocket(options, accepted.resolve)
  const socket = new WebSocket(`ws://127.0.0.1:${listener.port}`)
  socket.on('error', () => undefined)
  await once(socket, 'open')
  return { socket, connection: await accepted.promise, done: () => listener.close() }
}

const outcomes: Array<[string, (socket: WebSocket) => void, string]> = [
  ['a close with 1000', socket => { socket.close(1000) }, 'resolved'],
  ['a close with 1001', socket => { socket.close(1001) }, 'resolved'],
  ['a close with another code', socket => { socket.close(4000) }, 'ERR_TRANSPORT_RESET'],
  ['a close without a code', socket => { socket.close() }, 'ERR_TRANSPORT_RESET'],
  ['a connection that breaks', socket => { socket.terminate() }, 'ERR_TRANSPORT_RESET'],
  ['a text message', socket => { socket.send('text') }, 'ERR_TRANSPORT_TEXT_MESSAGE'],
  ['a message that is too long', socket => { socket.send(new Uint8Array(1001)) }, 'ERR_TRANSPORT_MESSAGE_TOO_LARGE']
]

for (const [title, act, outcome] of outcomes) {
  test(`${title}: the reader sees ${outcome}`, async t => {
    const { socket, connection, done } = await bare({ maxMessage: 1000 })
    const writing = codeOf(connection.sink(silence()))
    act(socket)
    t.is(await codeOf(collect(connection.source)), outcome)
    t.is(await writing, outcome === 'resolved' ? 'ERR_TRANSPORT_RESET' : outcome)
    await done()
  })
}

test('an empty message ends a direction, and nothing may come after it', async t => {
  const { socket, connection, done } = await bare()
  socket.send(new Uint8Array(3))
  socket.send(new Uint8Array(0))
  t.is((await collect(connection.source)).length, 3)
  const reset = codeOf(connection.closed)
  socket.send(new Uint8Array(3))
  t.is(await reset, 'ERR_TRANSPORT_PROTOCOL')
  await done()
})

test('items are split at the limit, and empty ones are not sent', async t => {
  const { socket, connection, done } = await bare({ maxMessage: 100 })
  const sizes: number[] = []
  socket.on('message', (data: Buffer) => { sizes.push(data.length) })
  await connection.sink(items(pattern(250), new Uint8Array(0), pattern(100)))
  socket.send(new Uint8Array(0))
  const [code] = await once(socket, 'close') as [number]
  t.deepEqual(sizes, [100, 100, 50, 100, 0])
  t.is(code, 1000)
  await done()
})

test('a server of ours with another path, other origins, and no room', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const listener = await listenWebSocket({ server, path: '/wire', maxConnections: 1, allowOrigin: origin => origin === undefined }, () => undefined)
  const base = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.is(await codeOf(dialWebSocket(`${base}/other`)), 'ERR_TRANSPORT_CONNECT')
  await t.throwsAsync(dialWebSocket(`${base}/other`), { message: /HTTP 400/ })
  const page = new WebSocket(`${base}/wire`, { origin: 'http://elsewhere' })
  const [refused] = await once(page, 'error').catch(error => [error]) as [Error]
  t.regex(refused.message, /401/)
  const first = await dialWebSocket(`${base}/wire`)
  const second = await dialWebSocket(`${base}/wire`)
  t.is(await codeOf(collect(second.source)), 'ERR_TRANSPORT_RESET')
  listener.abort(new Error('over'))
  t.is(await codeOf(collect(first.source)), 'ERR_TRANSPORT_RESET')
  server.close()
})

test('a dial that is refused, or never answered', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sockets: Duplex[] = []
  server.on('connection', socket => { sockets.push(socket.on('error', () => undefined)) })
  server.on('upgrade', () => undefined)
  t.is(await codeOf(dialWebSocket(`ws://127.0.0.1:${port}`, { connectTimeout: 30 })), 'ERR_TRANSPORT_CONNECT_TIMEOUT')
  const closed = once(server, 'close')
  server.close()
  // one that comes only now, after the dial was given up, goes as well
  server.on('connection', socket => { socket.destroy() })
  for (const socket of sockets) socket.destroy()
  await closed
  t.is(await codeOf(dialWebSocket(`ws://127.0.0.1:${port}`)), 'ERR_TRANSPORT_REFUSED')
})

test('a peer that is not ours, and closes with 1000 when it has sent', async t => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', socket => { socket.send(pattern(10)); socket.close(1000) })
  const connection = await dialWebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  t.deepEqual(await collect(connection.source), pattern(10))
  server.close()
})
