import { randomFillSync } from 'node:crypto'
import test from 'ava'
import { CLIENT_LIMITS } from '../../../lib/relay/index.js'
import { codeOf } from '../codes.js'
import { bytes, next, take, texts, World } from './support.js'

const MOST = CLIENT_LIMITS.maxMessage

test('the longest mail that there is comes whole, what is longer is refused, and what is behind both comes', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client()]
  const peer = alice.peer(bob.id)
  const long = new Uint8Array(MOST)
  for (let at = 0; at < MOST; at += 4099) long[at] = at % 251
  // what does not shrink is longer, sealed, than the relay takes
  const random = randomFillSync(new Uint8Array(MOST))
  await peer.send(1n, long)
  t.is(await codeOf(peer.send(2n, random)), 'ERR_RELAY_TOO_LONG')
  t.is(await codeOf(peer.send(2n, new Uint8Array(MOST + 1))), 'ERR_RELAY_QUEUE')
  await peer.send(3n, random.subarray(0, MOST - 65_536))
  await peer.send(4n, bytes('after them'))
  const [first, second] = await take(bob.messages, 2)
  t.is(Buffer.compare(first?.bytes as Uint8Array, long), 0)
  t.is(Buffer.compare(second?.bytes as Uint8Array, random.subarray(0, MOST - 65_536)), 0)
  t.deepEqual(await texts(bob, 1), ['after them'])
  t.is(bob.rejected, 0)
})

test('what inflates to more than a client takes is rejected, and what is behind it comes', async t => {
  const world = await World.start()
  t.teardown(() => world.end())
  const [alice, bob] = [await world.client(), await world.client({ limits: { maxMessage: 1_000_000 } })]
  await alice.peer(bob.id).send(1n, new Uint8Array(16_000_000))
  await alice.peer(bob.id).send(1n, randomFillSync(new Uint8Array(3_000_000)))
  await alice.peer(bob.id).send(1n, bytes('after it'))
  t.deepEqual(await texts(bob, 1), ['after it'])
  const codes = [await next(bob.rejections), await next(bob.rejections)].map(({ error }) => (error as { code?: string }).code)
  t.regex(codes[0] ?? '', /^ERR_ZLIB_/)
  t.is(codes[1], 'ERR_RELAY_LONG_MAIL')
})
