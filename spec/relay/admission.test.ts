import test from 'ava'
import type { Uuid } from '../../lib/bytes/index.js'
import { createIdentity, RELAY_CODES } from '../../lib/nova/index.js'
import { relayError } from '../../lib/relay/errors.js'
import { admitAll, startRelay, type Admission } from '../../lib/relay/server/index.js'
import { deferred, ignore, type Duplex } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { dialTcp } from '../../lib/transport/tcp.js'
import { dialWebSocket } from '../../lib/transport/websocket.js'
import { codeOf } from './codes.js'
import { member, nextOf, RawClient, text, whole } from './raw.js'
import { serve } from './server-support.js'

/** An admission that notes what it is asked. */
class Noting implements Admission {
  readonly notes: string[] = []
  /** What turns connections away. */
  full: Error | undefined
  /** Packets that are let through. */
  packets = Infinity

  connection (address: string | undefined): { duplex: (duplex: Duplex) => Duplex, shook: (identity: Uuid) => void, closed: () => void } {
    this.notes.push(`connection ${address}`)
    if (this.full !== undefined) throw this.full
    return {
      duplex: duplex => {
        this.notes.push('duplex')
        return duplex
      },
      shook: identity => { this.notes.push(`shook ${identity.byteLength}`) },
      closed: () => { this.notes.push('closed') }
    }
  }

  packet (): boolean {
    return this.packets-- > 0
  }
}

test('admission is asked for each connection, told of its handshake and of its end', async t => {
  const admission = new Noting()
  const server = await serve({ admission })
  const alice = await member(server, { address: '192.0.2.1' })
  await alice.close()
  await server.happened('disconnected')
  t.deepEqual(admission.notes, ['connection 192.0.2.1', 'duplex', 'shook 16', 'closed'])
  admission.notes.length = 0
  const [left, right] = memoryPair()
  const served = server.relay.accept(right)
  left.abort(new Error('enough'))
  await served
  t.deepEqual(admission.notes, ['connection undefined', 'duplex', 'closed'])
  admission.full = relayError('ERR_RELAY_RATE')
  const [, turned] = memoryPair()
  await server.relay.accept(turned, { address: '192.0.2.2' })
  t.is(await codeOf(turned.closed), 'ERR_RELAY_RATE')
  t.is(server.events.filter(event => event.type === 'refused' && event.address === '192.0.2.2').length, 1)
  await server.relay.close()
})

test('listeners tell where a connection comes from', async t => {
  const admission = new Noting()
  const server = await serve({ admission, tcp: {}, websocket: {} })
  const relayKey = server.identity.publicKey
  const clients = [
    await RawClient.connect({ relayKey, duplex: await dialTcp({ port: server.relay.tcp?.port ?? 0 }) }),
    await RawClient.connect({ relayKey, duplex: await dialWebSocket(server.relay.websocket ?? '') })
  ]
  t.deepEqual(admission.notes.filter(note => note.startsWith('connection')), ['connection 127.0.0.1', 'connection 127.0.0.1'])
  for (const client of clients) await client.hello()
  t.deepEqual((await server.happened('connected')).address, '127.0.0.1')
  await Promise.all(clients.map(client => client.close()))
  await server.relay.close()
})

test('packets over the rate are refused with limit, live ones and requests, and are not read', async t => {
  const admission = new Noting()
  const server = await serve({ admission })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  admission.packets = 0
  const live = alice.live(bob.id, (async function * () {
    yield text('begun')
    await deferred().promise
  })())
  t.is(await codeOf(live), 'ERR_RESET_LIMIT')
  t.is((await nextOf(alice.errors)).code, RELAY_CODES.limit)
  t.is(await alice.statusOf('lookup', { id: bob.id }), RELAY_CODES.limit)
  t.is(await alice.statusOf('mail', { id: bob.id, recipient: bob.id, kind: 1n, lifetime: 0n }, text('hi')), RELAY_CODES.limit)
  admission.packets = Infinity
  await alice.live(bob.id, text('hi'))
  await whole((await nextOf(bob.packets)).source)
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})

test('a flood of packets from one connection is dropped, and others are served', async t => {
  const flooder = createIdentity()
  const admission: Admission = { ...admitAll(), packet: identity => identity[0] !== flooder.id[0] || --tokens > 0 }
  let tokens = 20
  const server = await serve({ admission })
  const mallory = await member(server, { identity: flooder })
  const [alice, bob] = await Promise.all([member(server), member(server)])
  const flood = Array.from({ length: 2000 }, () => mallory.live(bob.id, text('x')).catch(ignore))
  const limited = (async () => { for (let i = 0; i < 1900; i++) await nextOf(mallory.errors) })()
  await alice.ask('lookup', { id: bob.id })
  await Promise.all([...flood, limited])
  t.true(bob.packets.length <= 20)
  t.true(server.events.filter(event => event.type === 'undelivered' && event.code === RELAY_CODES.limit).length >= 1900)
  await Promise.all([alice, bob, mallory].map(client => client.close()))
  await server.relay.close()
})

test('half-open handshakes take no more places than they may, and go when their time is over', async t => {
  const server = await serve({ limits: { maxPending: 4, link: { handshakeTimeout: 50 } } })
  const pairs = Array.from({ length: 100 }, () => memoryPair())
  const served = pairs.map(([, right]) => server.relay.accept(right))
  t.true(server.relay.connections <= 4)
  await Promise.all(served)
  t.is(server.events.filter(event => event.type === 'refused' && (event.error as { code?: string }).code === 'ERR_RELAY_FULL').length, 96)
  const alice = await member(server)
  await alice.close()
  await server.relay.close()
})

test('packets begun and reset in a loop cost their sender alone', async t => {
  const server = await serve()
  const [mallory, alice, bob] = await Promise.all([member(server), member(server), member(server)])
  const abused: Array<Promise<unknown>> = []
  for (let i = 0; i < 500; i++) {
    abused.push(mallory.live(bob.id, (async function * () {
      yield text('begun')
      throw new Error('and reset')
    })()).catch(ignore))
  }
  await alice.live(bob.id, text('hi'))
  let packet = await nextOf(bob.packets)
  while (packet.header.source[1] !== alice.id[1] || packet.header.source[0] !== alice.id[0]) packet = await nextOf(bob.packets)
  t.is((await whole(packet.source)).byteLength, 2)
  await Promise.all(abused)
  await Promise.all([alice, bob, mallory].map(client => client.close()))
  await server.relay.close()
})

test('a relay that cannot begin leaves nothing running', async t => {
  const taken = await serve({ tcp: {} })
  await t.throwsAsync(startRelay({ identity: createIdentity(), tcp: { port: taken.relay.tcp?.port } }), { code: 'ERR_TRANSPORT_LISTEN' })
  await t.throwsAsync(startRelay({ identity: createIdentity(), limits: { mailbox: { maxMessage: 0 } } }), { code: 'ERR_LIMIT_OPTION' })
  await taken.relay.close()
})
