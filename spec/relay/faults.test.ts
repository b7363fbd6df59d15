import test from 'ava'
import { setImmediate as turn } from 'node:timers/promises'
import { leaksOf } from '../support/leaks.js'
import { codeOf, first, join, meet, testRelay } from './support.js'

const MIB = 1_048_576
/** What everything between a source and a reader that does not read may take: buffers of two hops, and of the relay. */
const HELD = 4 * MIB

/** A source that counts what was taken of it, until it is told to end. */
function endless () {
  const source = {
    taken: 0,
    over: false,
    * [Symbol.iterator] () {
      const block = globalThis.crypto.getRandomValues(new Uint8Array(65_536))
      while (!source.over) {
        source.taken += block.byteLength
        yield block
      }
    }
  }
  return source
}

/** Waits until nothing has moved for so many turns of the event loop. */
async function standstill (position: () => number): Promise<void> {
  let last = -1
  for (let still = 0; still < 200; still++) {
    if (position() !== last) still = 0
    last = position()
    await turn()
  }
}

test.serial('a reader that does not read stops its sender, and nobody else', async t => {
  const server = await testRelay()
  const [alice, bob, carol, dave] = await Promise.all([join(server), join(server), join(server), join(server)])
  const [toBob, fromAlice] = await meet(alice, bob)
  const [toDave, fromCarol] = await meet(carol, dave)
  const source = endless()
  const sent = toBob.send(1n, source)
  const message = await first(fromAlice.messages)
  await standstill(() => source.taken)
  t.true(source.taken > 65_536 && source.taken < HELD, `${source.taken} bytes`)
  await toDave.send(2n, Uint8Array.of(1))
  t.deepEqual(await (await first(fromCarol.messages)).bytes(), Uint8Array.of(1))
  source.over = true
  let read = 0
  for await (const bytes of message.source) read += bytes.byteLength
  await sent
  t.is(read, source.taken)
  await Promise.all([alice, bob, carol, dave].map(client => client.close()))
  await server.relay.close()
})

for (const way of ['memory', 'tcp', 'websocket'] as const) {
  for (const victim of ['sender', 'receiver', 'relay'] as const) {
    test.serial(`the ${victim} goes in the middle of a stream, over ${way}: the others get coded errors, and nothing is left behind`, async t => {
      const leaks = await leaksOf(async () => {
        const server = await testRelay({ tcp: {}, websocket: {} })
        const [alice, bob] = await Promise.all([join(server, { way }), join(server, { way })])
        const [toBob, fromAlice] = await meet(alice, bob)
        const source = endless()
        const sent = codeOf(toBob.send(1n, source))
        const reading = (async () => {
          let read = 0
          for await (const bytes of (await first(fromAlice.messages)).source) {
            read += bytes.byteLength
            if (read < MIB) continue
            read = 0
            if (victim === 'sender') alice.link.abort()
            else if (victim === 'receiver') bob.link.abort()
            else server.relay.abort()
          }
        })()
        t.regex(await codeOf(reading), /^ERR_/)
        if (victim !== 'receiver') t.regex(await codeOf(fromAlice.closed), /^ERR_/)
        if (victim !== 'sender') t.regex(await codeOf(toBob.closed), /^ERR_/)
        if (victim === 'receiver') t.is(await codeOf(toBob.closed), 'ERR_PEER_UNREACHABLE')
        source.over = true
        await sent
        await Promise.all([alice.close(), bob.close()])
        await server.relay.close()
      })
      t.deepEqual(leaks, { rejections: [], handles: {} })
    })
  }
}

test.serial('more packets than one connection may have under way take their turns, and all of them arrive', async t => {
  const server = await testRelay({ limits: { maxForwarding: 4 } })
  const [alice, bob, carol] = await Promise.all([join(server), join(server), join(server)])
  const [toBob, fromAlice] = await meet(alice, bob)
  const [toCarol, fromAliceToCarol] = await meet(alice, carol)
  const sources = Array.from({ length: 8 }, () => endless())
  const taken = (): number => sources.reduce((sum, source) => sum + source.taken, 0)
  const sent = [...sources.map(source => toBob.send(1n, source)), toCarol.send(2n, Uint8Array.of(7))]
  await standstill(taken)
  t.true(taken() < HELD)
  for (const source of sources) source.over = true
  let read = 0
  const readers: Array<Promise<void>> = []
  for await (const message of fromAlice.messages) {
    readers.push((async () => { for await (const bytes of message.source) read += bytes.byteLength })())
    if (readers.length === sources.length) break
  }
  await Promise.all([...sent, ...readers])
  t.is(read, taken())
  t.deepEqual(await (await first(fromAliceToCarol.messages)).bytes(), Uint8Array.of(7))
  await Promise.all([alice, bob, carol].map(client => client.close()))
  await server.relay.close()
})
