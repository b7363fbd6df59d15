import test, { type ExecutionContext } from 'ava'
import { createIdentity, type Peer } from '../../lib/nova/index.js'
import type { Client, IncomingStream, PeerStream } from '../../lib/relay/index.js'
import { deferred } from '../../lib/stream/index.js'
import { encodeHead } from '../../lib/tunnel/head.js'
import { expose, TUNNEL_KIND, type ExposeOptions, type Exposure } from '../../lib/tunnel/index.js'
import { codeOf } from '../relay/codes.js'
import { collect } from '../support/sources.js'
import { deaf } from './deaf.js'
import { service, TunnelWorld } from './support.js'

// What there is of a stream when the exposure closes, whatever is being done with it: the other end is told, and nothing is waited for.

async function exposing (t: ExecutionContext, options: Partial<ExposeOptions> = {}): Promise<{ exposure: Exposure, world: TunnelWorld }> {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const upstream = await service(() => {})
  t.teardown(upstream.close)
  return { exposure: world.expose({ web: { port: upstream.port } }, options), world }
}

/** Nobody asks them. */
const CONTACTS = Object.create(null) as Client['contacts']

/** Opens a stream that says so much and reads nothing. */
async function opened (world: TunnelWorld, ...said: Uint8Array[]): Promise<PeerStream> {
  const stream = await world.alice.peer(world.bob.id).open(TUNNEL_KIND)
  stream.sink({ [Symbol.asyncIterator]: () => ({ next: () => { const value = said.shift(); return value === undefined ? new Promise(() => {}) : Promise.resolve({ value, done: false }) } }) }).catch(() => {})
  return stream
}

test('a stream whose head is waited for', async t => {
  const { exposure, world } = await exposing(t)
  const stream = await opened(world, Uint8Array.of(1, 3))
  await exposure.close()
  t.is(exposure.connections, 0)
  t.is(await codeOf(collect(stream.source)), 'ERR_RESET_SHUTDOWN')
})

test('a stream whose service is being dialled', async t => {
  const world = await TunnelWorld.startTunnels()
  t.teardown(() => world.end())
  const exposure = world.expose({ web: { port: await deaf(t) } }, { limits: { dialTimeout: 60_000 } })
  const stream = await opened(world, encodeHead('web'))
  await exposure.close()
  t.is(await codeOf(collect(stream.source)), 'ERR_RESET_SHUTDOWN')
})

test('a stream that does not take its refusal', async t => {
  const aborted = deferred<Error>()
  const closed = deferred({ handled: true })
  const answering = deferred()
  const peer = somebody()
  const stream: PeerStream = {
    peer,
    kind: TUNNEL_KIND,
    closed: closed.promise,
    source: (async function * () { yield encodeHead('nothing') })(),
    sink: () => closed.promise,
    close: async () => { answering.resolve(); await closed.promise.catch(() => {}) },
    abort: (reason: Error) => { aborted.resolve(reason); closed.reject(reason) }
  }
  const exposure = expose({ streams: one({ peer, kind: TUNNEL_KIND, accept: () => stream, refuse: () => {} }), contacts: CONTACTS }, { accept: 'anyone', services: { web: { port: 1 } } })
  await answering.promise
  await exposure.close()
  t.is((await aborted.promise as { code?: string }).code, 'ERR_RESET_SHUTDOWN')
  t.is(exposure.connections, 0)
})

test('a stream about which the application has not decided', async t => {
  const asked = deferred()
  const { exposure, world } = await exposing(t, { accept: () => { asked.resolve(); return new Promise(() => {}) } })
  const opening = codeOf(world.alice.peer(world.bob.id).open(TUNNEL_KIND))
  await asked.promise
  await exposure.close()
  t.is(await opening, 'ERR_RESET_REFUSED')
  t.is(exposure.connections, 0)
})

test('streams of a source that does not let go of its reader: closed all the same, and what comes then is refused', async t => {
  const coming = deferred<IncomingStream>()
  const refused = deferred()
  async function * streams (): AsyncGenerator<IncomingStream> { yield await coming.promise }
  const exposure = expose({ streams: streams(), contacts: CONTACTS }, { accept: 'anyone', services: { web: { port: 1 } } })
  await exposure.close()
  await exposure.closed
  coming.resolve({ peer: somebody(), kind: TUNNEL_KIND, accept: () => { throw new Error('it is too late') }, refuse: () => { refused.resolve() } })
  await refused.promise
  t.pass()
})

test('a source that fails ends the exposure with that', async t => {
  const exposure = expose({ streams: { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('no streams')) }) }, contacts: CONTACTS }, { accept: 'anyone', services: { web: { port: 1 } } })
  t.is(await codeOf(exposure.closed), 'Error: no streams')
})

/** One stream, and no end. */
async function * one (stream: IncomingStream): AsyncGenerator<IncomingStream> {
  yield stream
  await new Promise(() => {})
}

function somebody (): Peer {
  const { id, publicKey, proof } = createIdentity()
  return { id, publicKey, staticKey: new Uint8Array(32), proof }
}
