import { ignore } from '../../lib/stream/index.js'
import { LightClient } from '../peers/light-client.js'
import { noise } from '../peers/tally.js'
import type { SoakCase } from './case.js'
import { ABUSE, HonestPair } from './honest.js'
import { Proxy } from './proxy.js'
import { until } from './until.js'

/** Packets to the slow reader that are under way at a time, and bytes of each. */
const UNDER_WAY = 8
const BYTES = 65_536
/** Milliseconds for looks and for filling what the kernel holds. */
const SLACK = 2500
const MIB = 1_048_576
/** MiB of heap that may be left of it once it is cut. */
const LEFT = 8

/** Case 22. */
export const slowReader: SoakCase = {
  name: 'slow-reader',
  number: 22,
  what: 'a reader that takes 1 B/s, to whom somebody publishes who also writes to others',
  run: async ({ seconds = 12, size = UNDER_WAY }, watch) => {
    // it is asked after this time, and has as long to answer
    const slowTimeout = seconds * 1000 / 3
    const relay = await watch.relay({ limits: { slowTimeout } })
    const place = await relay.place()
    const proxy = await Proxy.start(place.port)
    watch.ending(() => { proxy.stop() })
    const pair = await HonestPair.connect(place)
    const slow = await LightClient.connect({ place: { ...place, port: proxy.port }, onPacket: ignore })
    const before = await relay.held()
    pair.start()
    proxy.drip(1)
    let over = false
    let published = 0
    const publish = async (): Promise<void> => {
      const bytes = noise(BYTES)
      while (!over) await pair.sender.live(slow.id, bytes, ABUSE).then(() => { published += BYTES }, ignore)
    }
    const publishers = Array.from({ length: size }, publish)
    const limit = slowTimeout * 2 + slowTimeout / 4 + SLACK
    const cutAfter = await until(async () => ((await relay.state()).events['slow-consumer'] ?? 0) > 0, limit)
    over = true
    const { peak } = await relay.memory()
    await pair.stop(watch)
    await Promise.all(publishers)
    slow.link.abort(new Error('the case is over'))
    const gone = await until(async () => (await relay.state()).connections === 0, SLACK)
    const after = await relay.held()
    const { events, unhandled } = await relay.state()
    watch.figure('limit (twice slowTimeout, and looks), ms', limit)
    watch.figure('cut after, ms', cutAfter ?? 'never')
    watch.figure('slow-consumer events', events['slow-consumer'] ?? 0)
    watch.figure('published to it, MiB', published / MIB)
    watch.figure('RSS before, MiB', before.rss / MIB)
    watch.figure('RSS at its peak, MiB', peak / MIB)
    watch.figure('heap left of it, MiB', (after.heap - before.heap) / MIB)
    watch.expect(cutAfter !== undefined, `the slow reader was not cut within ${limit} ms`)
    watch.expect((events['slow-consumer'] ?? 0) <= 1, 'somebody else was cut too')
    watch.expect(gone !== undefined, 'connections are left')
    watch.expect((after.heap - before.heap) / MIB < LEFT, `${(after.heap - before.heap) / MIB} MiB of heap are left`)
    watch.expect(unhandled.length === 0, `unhandled: ${unhandled.join('; ')}`)
  }
}
