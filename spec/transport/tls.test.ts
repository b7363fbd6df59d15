import test from 'ava'
import { once } from 'node:events'
import { connect } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { deferred } from '../../lib/stream/deferred.js'
import type { Transport } from '../../lib/transport/connection.js'
import type { Address, Listener } from '../../lib/transport/listener.js'
import { dialTcp, listenTcp, type Admit, type ServerTls, type TcpConnection } from '../../lib/transport/tcp.js'
import { dialWebSocket, type ClientTls } from '../../lib/transport/websocket.js'
import { listenWebSocket, type WebSocketConnection } from '../../lib/transport/websocket-server.js'
import { certificate } from '../support/certificates.js'
import { codeOf, collect, items, pattern } from '../support/sources.js'

const authority = certificate({ name: 'the authority', authority: true })
const server = certificate({ name: 'the relay', issuer: authority })
const next = certificate({ name: 'the next', issuer: authority })
const trust = { ca: authority.cert }
const REASON = new Error('the reason')

type Connection = TcpConnection | WebSocketConnection

interface Kind {
  readonly name: string
  listen(options: { tls?: ServerTls, connectTimeout?: number, admit?: Admit, onError?: (error: Error, remote?: Address) => void }, onConnection: (connection: Connection) => void): Promise<Listener>
  dial(listener: Listener, tls?: ClientTls): Promise<Transport>
}

const KINDS: readonly Kind[] = [
  { name: 'tcp', listen: (options, accept) => listenTcp(options, accept), dial: ({ port }, tls) => dialTcp({ port, tls }) },
  { name: 'websocket', listen: (options, accept) => listenWebSocket(options, accept), dial: ({ port }, tls) => dialWebSocket(`${tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${port}`, { tls }) }
]

for (const { name, listen, dial } of KINDS) {
  test(`${name}: whom nobody has vouched for is not spoken to, nor one of another name, nor one that has run out`, async t => {
    const elsewhere = certificate({ name: 'elsewhere', issuer: authority, hosts: ['relay.example', '192.0.2.1'] })
    const old = certificate({ name: 'old', issuer: authority, to: new Date('2021-01-01') })
    const own = certificate({ name: 'own' })
    for (const tls of [elsewhere, old, own]) {
      const listener = await listen({ tls }, connection => { connection.abort(REASON) })
      t.is(await codeOf(dial(listener, trust)), 'ERR_TRANSPORT_TLS')
      await listener.close()
    }
    const listener = await listen({ tls: elsewhere }, connection => { void connection.close() })
    const connection = await dial(listener, { ...trust, servername: 'relay.example' })
    await Promise.all([connection.close(), listener.close()])
    t.is(await codeOf(connection.closed), 'resolved')
  })

  test(`${name}: where no TLS is spoken, and none where it is`, async t => {
    const plain = await listen({}, connection => { void connection.close() })
    t.not(await codeOf(dial(plain, trust)), 'resolved')
    const failed = deferred<readonly [Error & { code?: string }, Address | undefined]>()
    const secured = await listen({ tls: server, onError: (...told) => { failed.resolve([told[0], told[1]]) } }, () => { t.fail() })
    const socket = connect(secured.port, '127.0.0.1')
    socket.on('error', () => undefined).end('GET / HTTP/1.1\r\n\r\n')
    socket.resume()
    await once(socket, 'close')
    const [error, remote] = await failed.promise
    t.is(error.code, 'ERR_TRANSPORT_TLS')
    t.regex(error.message, /ERR_SSL_HTTP_REQUEST/)
    t.is(remote?.host, '127.0.0.1')
    plain.abort(REASON)
    await secured.close()
  })

  test(`${name}: a handshake of TLS that comes to nothing is ended`, async t => {
    const listener = await listen({ tls: server, connectTimeout: 50 }, () => { t.fail() })
    const drip = connect(listener.port, '127.0.0.1')
    const silent = connect(listener.port, '127.0.0.1')
    for (const socket of [drip, silent]) socket.on('error', () => undefined).resume()
    // a record of 512 bytes, of which one comes at a time
    drip.write(Buffer.from('1603010200010001fc0303', 'hex'))
    const dripping = setInterval(() => { drip.write(Buffer.of(0)) }, 20)
    await Promise.all([drip, silent].map(socket => new Promise(resolve => { socket.once('close', resolve) })))
    clearInterval(dripping)
    await listener.close()
    t.pass()
  })

  test(`${name}: a certificate and key that do not belong together, are none, or are missing`, async t => {
    const nobody = (): void => {}
    for (const tls of [{ cert: server.cert, key: next.key }, { cert: 'no', key: server.key }, { cert: server.cert, key: '' }, { cert: server.cert } as ServerTls]) {
      t.is(await codeOf(listen({ tls }, nobody)), 'ERR_TRANSPORT_CERTIFICATE')
      const listener = await listen({ tls: server }, nobody)
      t.throws(() => { listener.reload(tls) }, { code: 'ERR_TRANSPORT_CERTIFICATE' })
      // the old one stays
      const connection = await dial(listener, trust)
      connection.abort(REASON)
      await listener.close()
    }
    const plain = await listen({}, nobody)
    t.throws(() => { plain.reload(server) }, { code: 'ERR_TRANSPORT_CERTIFICATE' })
    await plain.close()
  })

  test(`${name}: another certificate for whoever comes next; who is there keeps the connection`, async t => {
    const listener = await listen({ tls: server }, connection => { connection.sink(connection.source).catch(() => undefined) })
    const shown = async (): Promise<string> => {
      const socket = connectTls({ port: listener.port, host: '127.0.0.1', ca: authority.cert })
      await once(socket, 'secureConnect')
      const { subject } = socket.getPeerCertificate()
      socket.destroy()
      return String(subject.CN)
    }
    t.is(await shown(), 'the relay')
    const before = await dial(listener, trust)
    listener.reload(next)
    t.is(await shown(), 'the next')
    const [came] = await Promise.all([collect(before.source), before.sink(items(pattern(1000)))])
    t.deepEqual(came, pattern(1000))
    await before.close()
    listener.abort(REASON)
  })

  test(`${name}: who is at the other end, and who is not let in`, async t => {
    for (const tls of [undefined, server]) {
      const asked: Address[] = []
      const left = deferred()
      let inside = 0
      const accepted = deferred<Connection>()
      const listener = await listen({
        ...tls === undefined ? {} : { tls },
        admit: remote => {
          asked.push(remote)
          if (inside > 0) return undefined
          inside++
          return () => {
            inside--
            left.resolve()
          }
        }
      }, accepted.resolve)
      // one that says nothing has the only place, where there is something to say before the connection stands
      const waits = name === 'tcp' && tls === undefined ? undefined : connect(listener.port, '127.0.0.1')
      if (waits !== undefined) {
        await once(waits, 'connect')
        t.not(await codeOf(dial(listener, tls === undefined ? undefined : trust)), 'resolved')
        waits.destroy()
        await left.promise
      }
      const connection = await dial(listener, tls === undefined ? undefined : trust)
      const { remote } = await accepted.promise
      t.is(remote.host, '127.0.0.1')
      t.deepEqual(asked.at(-1), remote)
      t.is(inside, 0)
      connection.abort(REASON)
      await listener.close()
    }
  })
}

test('websocket: the address that a proxy says, where it is trusted', async t => {
  for (const [trustProxy, header, host] of [
    [true, '198.51.100.7, 203.0.113.9', '203.0.113.9'],
    [true, ' 2001:db8::1 ', '2001:db8::1'],
    [true, 'unknown', '127.0.0.1'],
    [true, '', '127.0.0.1'],
    [false, '203.0.113.9', '127.0.0.1']
  ] as const) {
    const accepted = deferred<WebSocketConnection>()
    const listener = await listenWebSocket({ trustProxy, admit: () => trustProxy ? undefined : () => undefined }, accepted.resolve)
    const socket = connect(listener.port, '127.0.0.1')
    socket.on('error', () => undefined)
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nX-Forwarded-For: ${header}\r\n\r\n`)
    t.is((await accepted.promise).remote.host, host)
    listener.abort(REASON)
    socket.destroy()
  }
})
