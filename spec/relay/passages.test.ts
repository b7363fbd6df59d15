import test from 'ava'
import { createIdentity, RELAY_CODES, type RoutedHeader } from '../../lib/nova/index.js'
import { Passages } from '../../lib/relay/server/passages.js'
import { deferred, ignore } from '../../lib/stream/index.js'
import { VirtualClock } from '../simulation/clock.js'
import { codeOf } from './codes.js'
import { member, nextOf, text, textOf, unfinished } from './raw.js'
import { serve } from './server-support.js'

const [target, source] = [createIdentity().id, createIdentity().id]
const header: RoutedHeader = { target, source, kind: 1n }
const timers = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length

test.serial('however many packets wait, one timer looks after them, and none when none waits', async t => {
  const turn = deferred()
  const passages = new Passages({ send: async () => { await turn.promise } } as never, { maxIdle: 1000, maxCrowd: 2 })
  const before = timers()
  const carried = Array.from({ length: 1000 }, () => passages.carry(header, unfinished(text('x'), deferred().promise)))
  t.is(timers() - before, 1)
  turn.resolve()
  await Promise.all(carried)
  t.is(timers() - before, 0)
})

test.serial('what comes to nothing is cut when another one has waited as long as it may, and no sooner', async t => {
  const clock = new VirtualClock(Math.random)
  clock.install()
  t.teardown(() => { clock.uninstall() })
  const turn = deferred()
  const sends = [async (body: AsyncIterable<Uint8Array>) => { for await (const part of body) t.is(textOf(part), 'x') }, async () => { await turn.promise }]
  const passages = new Passages({ send: (_: RoutedHeader, body: AsyncIterable<Uint8Array>) => sends.shift()?.(body) } as never, { maxIdle: 1000, maxCrowd: 2 })
  let cut = false
  const idle = codeOf(passages.carry(header, unfinished(text('x'), deferred().promise))).finally(() => { cut = true })
  await clock.drive(clock.sleep(900))
  const waits = passages.carry(header, unfinished(text('x'), deferred().promise))
  await clock.drive(clock.sleep(950))
  t.false(cut)
  await clock.drive(clock.sleep(100))
  t.true(cut)
  t.is(await idle, 'ERR_RELAY_IDLE')
  turn.resolve()
  await waits
})

test('a connection is crowded by those that wait, not by those that it takes', async t => {
  const turns = [deferred(), deferred()]
  const sent: Array<AsyncIterableIterator<Uint8Array>> = []
  const passages = new Passages({
    send: async (_: RoutedHeader, body: AsyncIterableIterator<Uint8Array>) => {
      await turns[sent.push(body) - 1]?.promise
    }
  } as never, { maxIdle: 1000, maxCrowd: 2 })
  const first = passages.carry(header, unfinished(text('x'), deferred().promise))
  t.false(passages.isCrowded)
  const second = passages.carry(header, unfinished(text('x'), deferred().promise))
  t.true(passages.isCrowded)
  await sent[0]?.next()
  t.false(passages.isCrowded)
  for (const turn of turns) turn.resolve()
  await Promise.all([first, second])
})

test('live packets that crowd a connection leave room for its mail', async t => {
  const server = await serve({ limits: { link: { maxWaiting: 8 } } })
  const bob = await member(server, { limits: { maxIncoming: 2 } })
  const [mallory, alice] = await Promise.all([member(server), member(server)])
  await bob.receive()
  // two in flight, four that wait, and those that are too many
  const flood = Array.from({ length: 10 }, () => codeOf(mallory.live(bob.id, unfinished(text('x'), deferred().promise))))
  const held = [await nextOf(bob.packets), await nextOf(bob.packets)]
  for (let refused = 0; refused < 4; refused++) t.is((await nextOf(mallory.errors)).code, RELAY_CODES.limit)
  const undelivered = (await server.happened('undelivered')).error as { code?: string }
  t.is(undelivered.code, 'ERR_RELAY_CROWDED')
  await alice.mail(bob.id, text('mail'))
  void (async () => { for await (const packet of bob.packets) packet.stop(1) })().catch(ignore)
  for (const packet of held) packet.stop(1)
  t.is(textOf((await nextOf(bob.deliveries)).body), 'mail')
  mallory.link.abort()
  await Promise.all(flood)
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})
