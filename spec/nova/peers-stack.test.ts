import test from 'ava'
import { uuidKey } from '../../lib/bytes/index.js'
import { createIdentity, peers, stack, type NovaLink, type Peers } from '../../lib/nova/index.js'
import { deferred, ignore } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { FLUSH } from '../../lib/zlib/index.js'
import { leaksOf } from '../support/leaks.js'
import { codeOf } from '../support/sources.js'
import { noise } from '../zlib/support.js'
import { bytes, first, idle, read } from './switchboard.js'

const SERVER = createIdentity()

/** A server that passes every packet on, frame by frame. */
class Router {
  readonly #links = new Map<string, NovaLink>()

  /** A hub over a hardened stack of its own. */
  async hub (identity = createIdentity(), latency = 0): Promise<{ hub: Peers, link: NovaLink, id: Uint8Array }> {
    const pair = memoryPair({ latency })
    const [link, hop] = await Promise.all([
      stack(pair[0], { role: 'initiator', identity, verify: () => true }),
      stack(pair[1], { role: 'responder', identity: SERVER, verify: () => true })
    ])
    this.#links.set(uuidKey(identity.id), hop)
    void this.#pass(hop).catch(ignore)
    return { hub: peers(link, { identity, verify: () => true }), link, id: identity.id }
  }

  async #pass (hop: NovaLink): Promise<void> {
    for await (const { header, source } of hop.source) {
      this.#links.get(uuidKey(header.target))?.send(header, source, { onSourceError: 'truncate' }).catch(ignore)
    }
  }
}

test('both begin at once over whole stacks, messages of any size, and a live one', async t => {
  for (const [one, two] of [[0, 0], [0, 3], [3, 0]] as const) {
    const router = new Router()
    const [a, b] = await Promise.all([router.hub(undefined, one), router.hub(undefined, two)])
    const [there, here] = await Promise.all([a.hub.dial(b.id), b.hub.dial(a.id)])
    const large = noise(3_000_000)
    for (const [from, to] of [[there, here], [here, there]] as const) {
      await from.send(1n, bytes('hello'))
      t.is(await read(to.messages), 'hello')
      const sent = from.send(2n, large)
      t.true(Buffer.from(large).equals(await (await first(to.messages)).bytes()))
      await sent
    }
    const go = deferred()
    async function * lines (): AsyncGenerator<Uint8Array | typeof FLUSH, void> {
      yield bytes('now')
      yield FLUSH
      await go.promise
    }
    const sent = there.send(3n, lines())
    const live = (await first(here.messages)).source[Symbol.asyncIterator]()
    t.is(new TextDecoder().decode((await live.next()).value as Uint8Array), 'now')
    go.resolve()
    t.true((await live.next()).done)
    await sent
    await Promise.all([a.hub.close(), b.hub.close()])
  }
})

test('messages that nobody reads do not hold up a link for good once they are dropped', async t => {
  const router = new Router()
  const [a, b] = await Promise.all([router.hub(), router.hub()])
  const [there, here] = await Promise.all([a.hub.dial(b.id), first(b.hub.incoming)])
  // more than the 4 MiB that a link keeps, and each more than the windows on its way take while they are read
  const sent = Promise.all(Array.from({ length: 60 }, () => codeOf(there.send(1n, noise(600_000), { level: 0 }))))
  for (let i = 0; i < 30; i++) (await first(here.messages)).drop()
  here.close()
  t.deepEqual([...new Set(await sent)], ['ERR_RESET_CANCELLED'])
  const again = await b.hub.dial(a.id)
  // the other side has the new keys once it has heard something under them
  await again.send(1n, bytes('new'))
  t.is(await read(there.messages), 'new')
  await there.send(1n, bytes('still there'))
  // what was on its way to the conversation before is under a key that is gone
  let heard = await read(again.messages).catch((error: { code: string }) => error.code)
  while (heard === 'ERR_SESSION_UNKNOWN_KEY') heard = await read(again.messages).catch((error: { code: string }) => error.code)
  t.is(heard, 'still there')
  await Promise.all([a.hub.close(), b.hub.close()])
})

test.serial('a transport that is cut: everything ends with the cause, once', async t => {
  const leaks = await leaksOf(async () => {
    const router = new Router()
    const [a, b] = await Promise.all([router.hub(), router.hub()])
    const [there, here] = await Promise.all([a.hub.dial(b.id), first(b.hub.incoming)])
    await here.send(1n, bytes('before'))
    const before = await first(there.messages)
    await here.send(1n, bytes('queued'))
    await idle(20)
    const forever = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) }
    const sending = codeOf(there.send(2n, forever))
    const dialling = codeOf(a.hub.dial(createIdentity().id))
    await idle()
    a.link.abort(new Error('cut'))
    t.deepEqual(await Promise.all([sending, dialling, codeOf(there.closed), codeOf(a.hub.closed), codeOf(first(a.hub.incoming))]), Array(5).fill('cut'))
    t.deepEqual(await before.bytes(), bytes('before'))
    t.is(await read(there.messages), 'queued')
    t.is(await codeOf(read(there.messages)), 'cut')
    await b.hub.close()
  })
  t.deepEqual(leaks.rejections, [])
})
