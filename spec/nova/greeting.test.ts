import test from 'ava'
import fc from 'fast-check'
import { encodeGreeting, newAttempt, readGreeting } from '../../lib/nova/greeting.js'
import { collect } from '../../lib/stream/collect.js'
import { codeOf, items } from '../support/sources.js'
import { cut } from '../zlib/support.js'

test('a greeting in any pieces', async t => {
  await fc.assert(fc.asyncProperty(fc.integer({ min: 0, max: 5 }), fc.uint8Array({ maxLength: 4087 }), fc.array(fc.nat(), { maxLength: 9 }), async (step, message, places) => {
    const attempt = newAttempt()
    const bytes = encodeGreeting({ step, attempt, message })
    t.deepEqual(await readGreeting(items(...cut(bytes, places))), { step, attempt, message: new Uint8Array(message) })
  }))
})

test('greetings of another length or step', async t => {
  for (const length of [0, 1, 8, 4097, 100_000]) t.is(await codeOf(readGreeting(items(new Uint8Array(length).fill(1)))), 'ERR_PEER_GREETING')
  for (let step = 0; step < 256; step++) {
    const code = await codeOf(readGreeting(items(encodeGreeting({ step, attempt: newAttempt(), message: new Uint8Array(45) }))))
    t.is(code, step <= 5 ? 'resolved' : 'ERR_PEER_GREETING')
  }
})

test('a body that is too long is left where it gets so', async t => {
  let [given, left] = [0, false]
  async function * endless (): AsyncGenerator<Uint8Array, void> {
    try {
      for (;;) {
        given++
        yield new Uint8Array(10)
      }
    } finally {
      left = true
    }
  }
  t.is(await collect(endless(), 35), undefined)
  t.deepEqual([given, left], [4, true])
  t.is((await collect(items(new Uint8Array(10), new Uint8Array(25)), 35))?.byteLength, 35)
  t.is((await collect(items(), 35))?.byteLength, 0)
})
