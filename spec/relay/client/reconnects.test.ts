import test from 'ava'
import { bytes, state, texts, World } from './support.js'

/** Connections; by hand, `HUSHWIRE_RECONNECTS=10000` makes it more. */
const TIMES = Number(process.env['HUSHWIRE_RECONNECTS'] ?? 150)

test.serial('a client that is cut off again and again leaves nothing behind: no listeners, and no memory', async t => {
  const warnings: string[] = []
  const warn = ({ name }: Error): void => { warnings.push(name) }
  process.on('warning', warn)
  t.teardown(() => { process.off('warning', warn) })
  const world = await World.start()
  t.teardown(() => world.end())
  const stop = new AbortController()
  const alice = await world.client({ signal: stop.signal })
  const bob = await world.client()
  const waiting = Array.from({ length: 3 }, () => alice.presence([bob.id]))
  for (let at = 0; at < TIMES; at++) {
    await state(alice, 'connected')
    world.cut()
    await state(alice, 'waiting')
    if (at % 100 === 0) t.log(at, Math.round(process.memoryUsage().heapUsed / 1_048_576))
  }
  await alice.peer(bob.id).send(1n, bytes('still'))
  t.deepEqual(await texts(bob, 1), ['still'])
  for (const watch of waiting) await watch.return?.()
  t.deepEqual(warnings, [])
})
