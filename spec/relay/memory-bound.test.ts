import { setFlagsFromString } from 'node:v8'
import { setImmediate as turn } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import test from 'ava'
import { ignore } from '../../lib/stream/index.js'
import { member, nextOf } from './raw.js'
import { serve } from './server-support.js'

/** Packets that are under way at once. */
const PACKETS = 48
/** Bytes that one of them holds in the relay at most: a window, two buffers on the way out, and a chunk. */
const A_PACKET = 4 * 65_536
/** What its sender and its target hold, who are of the same process here: the same again, and a window. */
const ENDS = 5 * 65_536

setFlagsFromString('--expose_gc')
const collectGarbage = runInNewContext('gc') as () => void

test.serial('one who sends to those that do not read holds what the guide says, and no more', async t => {
  const server = await serve({ slowConsumer: 'wait', limits: { link: { maxIncoming: PACKETS } } })
  const [mallory, victim] = [await member(server), await member(server)]
  collectGarbage()
  const before = process.memoryUsage().arrayBuffers
  let [produced, waiting] = [0, 0]
  async function * endless (): AsyncGenerator<Uint8Array> {
    for (;;) {
      produced += 16_384
      yield new Uint8Array(16_384)
    }
  }
  const sending = Array.from({ length: 2 * PACKETS }, () => mallory.live(victim.id, endless()).catch(ignore))
  // some places are given back later
  for (let begun = 0; begun < PACKETS - 4; begun++) await nextOf(victim.packets)
  // until nobody asks its source for more
  for (let last = -1; waiting < 200; waiting = produced === last ? waiting + 1 : 0) {
    last = produced
    await turn()
  }
  // buffers that are found dead are freed on another thread, which the second one waits for
  collectGarbage()
  await turn()
  collectGarbage()
  const held = process.memoryUsage().arrayBuffers - before
  t.true(held < PACKETS * (A_PACKET + ENDS), `${held}`)
  t.true(produced < PACKETS * (A_PACKET + ENDS), `${produced}`)
  t.log(Math.round(held / PACKETS / 1024), 'KiB a packet, all three of them together')
  mallory.link.abort()
  victim.link.abort()
  await Promise.all(sending)
  await server.relay.close()
})
