import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import test from 'ava'
import { deferred } from '../../lib/stream/deferred.js'
import { dialTcp, listenTcp, type TcpConnection } from '../../lib/transport/tcp.js'
import { codeOf, collect, items, pattern } from '../support/sources.js'

const REASON = new Error('the reason')

test('nobody listens, and an address that is taken', async t => {
  const listener = await listenTcp({}, () => undefined)
  t.is(await codeOf(listenTcp({ port: listener.port }, () => undefined)), 'ERR_TRANSPORT_LISTEN')
  await listener.close()
  await listener.close()
  const refused = await t.throwsAsync(dialTcp({ port: listener.port }), { code: 'ERR_TRANSPORT_REFUSED' })
  t.is((refused.cause as { code: string }).code, 'ECONNREFUSED')
})

test('a dial that takes too long, and one whose signal aborts during it', async t => {
  // an address of the documentation range does not answer, or the network refuses it at once: no connection either way
  t.not(await codeOf(dialTcp({ host: '192.0.2.1', port: 9, connectTimeout: 5 })), 'resolved')
  const control = new AbortController()
  const dial = codeOf(dialTcp({ host: '192.0.2.1', port: 9, signal: control.signal }))
  control.abort(REASON)
  t.is(await dial, REASON.message)
})

test('a reset right behind bytes is not an end', async t => {
  const accepted = deferred<TcpConnection>()
  const listener = await listenTcp({}, accepted.resolve)
  const socket = connect(listener.port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write('bytes')
  socket.resetAndDestroy()
  const connection = await accepted.promise
  t.is(await codeOf(collect(connection.source)), 'ERR_TRANSPORT_RESET')
  await listener.close()
})

test('a handler that throws aborts its connection; the listener knows those that stand', async t => {
  const listener = await listenTcp({}, async connection => {
    await connection.source[Symbol.asyncIterator]().next()
    throw REASON
  })
  const connection = await dialTcp({ port: listener.port })
  await connection.sink(items(pattern(1)))
  t.is(await codeOf(collect(connection.source)), 'ERR_TRANSPORT_RESET')
  t.is(listener.connections.size, 0)
  await listener.close()
})

test('abort of a listener resets its connections; the limit turns others away', async t => {
  const accepted = deferred<TcpConnection>()
  const listener = await listenTcp({ maxConnections: 1 }, accepted.resolve)
  const first = await dialTcp({ port: listener.port })
  const { remote } = await accepted.promise
  t.is(remote.port, first.local.port)
  const second = await dialTcp({ port: listener.port })
  await second.sink(items()).catch(() => undefined)
  t.is((await collect(second.source).catch(() => new Uint8Array(0))).length, 0)
  t.is(listener.connections.size, 1)
  listener.abort(REASON)
  t.is(await codeOf(collect(first.source)), 'ERR_TRANSPORT_RESET')
  await listener.closed
})

test('chunks of a dialled connection are never written to again', async t => {
  const server = createServer(socket => { write(socket) }).listen(0, '127.0.0.1')
  const write = (socket: Socket): void => {
    for (let i = 0; i < 200; i++) socket.write(new Uint8Array(5000).fill(i))
    socket.end()
  }
  await once(server, 'listening')
  const connection = await dialTcp({ port: (server.address() as AddressInfo).port })
  const kept: Uint8Array[] = []
  for await (const chunk of connection.source) kept.push(chunk)
  t.true(Buffer.concat(kept).every((byte, index) => byte === Math.floor(index / 5000)))
  t.false(kept.some(chunk => Buffer.isBuffer(chunk)))
  await connection.sink(items(pattern(1)))
  await connection.closed
  server.close()
})
