import test from 'ava'
import { PING_KIND, PING_LIMITS, pingAnswers } from '../../lib/chat/index.js'
import { Echo } from '../../lib/cli/ping/echo.js'
import type { IncomingStream } from '../../lib/relay/index.js'
import { ignore } from '../../lib/stream/index.js'
import { next, World, type TestClient } from '../relay/client/support.js'

async function both (t: { teardown(work: () => Promise<void>): void }, take: (stream: IncomingStream) => void): Promise<{ world: World, alice: TestClient, bob: TestClient }> {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const serve = async (): Promise<void> => { for await (const stream of bob.streams) take(stream) }
  serve().catch(ignore)
  return { world, alice, bob }
}

test('each peer has a share of the answers, which is free again when a ping has ended', async t => {
  const { world, alice, bob } = await both(t, pingAnswers({ ...PING_LIMITS, maxAnswers: 3, maxPeerAnswers: 2 }))
  const carol = await world.client()
  const dial = async (client: TestClient): Promise<Echo> => new Echo(await client.peer(bob.id).open(PING_KIND))
  const first = await dial(alice)
  await dial(alice)
  await t.throwsAsync(dial(alice), { code: 'ERR_RESET_LIMIT' })
  const other = await dial(carol)
  t.true(await other.round(10_000) > 0)
  await t.throwsAsync(dial(carol), { code: 'ERR_RESET_LIMIT' }, 'and all together')
  await first.close()
  t.true(await (await dial(alice)).round(10_000) > 0)
})

test('a stream on which nothing comes is given up', async t => {
  const { alice, bob } = await both(t, pingAnswers({ ...PING_LIMITS, idleTimeout: 30 }))
  // which may be before it is known here to be open
  await t.throwsAsync(async () => { await next((await alice.peer(bob.id).open(PING_KIND)).source) }, { code: 'ERR_RESET_STALLED' })
})

test('limits are checked', t => {
  t.throws(() => pingAnswers({ maxAnswers: 0 }), { code: 'ERR_LIMIT_OPTION' })
})

test('who sends back something else is told as that', async t => {
  const { alice, bob } = await both(t, stream => {
    const duplex = stream.accept()
    duplex.sink((async function * () { for await (const bytes of duplex.source) yield bytes.map(byte => byte ^ 1) })()).catch(ignore)
  })
  const echo = new Echo(await alice.peer(bob.id).open(PING_KIND))
  await t.throwsAsync(echo.round(10_000), { code: 'ERR_CLI_ECHO' })
})
