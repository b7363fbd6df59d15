import { now } from '../harness/clock.js'
import { quantile } from '../harness/statistics.js'
import { LightClient } from '../peers/light-client.js'
import { pause } from '../peers/probe.js'
import { ADMISSION_LIMITS } from '../../lib/relay/server/index.js'
import type { HalfOpener } from './actors/half-open.js'
import type { SoakCase } from './case.js'

const ATTACKER = '127.0.0.2'
/** Milliseconds between two honest connections: as many a minute as an address may make. */
const BETWEEN = 60_000 / ADMISSION_LIMITS.addressHandshakes
/** Milliseconds in which an honest client is to be connected. */
const WORST = 1000

/** Case 3. */
export const halfOpen: SoakCase = {
  name: 'half-open',
  number: 3,
  what: 'handshakes of one address that are begun and left (2,000), beside honest clients of another',
  run: async ({ seconds = 15, size = 2000 }, watch) => {
    const relay = await watch.relay({ admission: {} })
    const place = await relay.place()
    const attacker = await watch.spawn<HalfOpener>('soak/actors/half-open.js', 'attacker', { place, address: ATTACKER })
    const times: number[] = []
    let over = false
    const attack = attacker.begin(size, seconds * 1000).finally(() => { over = true })
    while (!over) {
      const from = now()
      const client = await LightClient.connect({ place })
      times.push(now() - from)
      client.link.abort(new Error('enough'))
      await pause(BETWEEN)
    }
    await attack
    const { begun, mostOpen } = await attacker.state()
    const { mostPending, unhandled } = await relay.state()
    const most = mostPending[ATTACKER] ?? 0
    const worst = Math.max(...times)
    watch.figure('handshakes begun', begun)
    watch.figure('most under way at the relay at once', most)
    watch.figure('most that the attacker held open at once', mostOpen)
    watch.figure('honest connections', times.length)
    watch.figure('honest connection p50, ms', quantile(times, 0.5))
    watch.figure('honest connection max, ms', worst)
    watch.expect(most > 0 && most <= ADMISSION_LIMITS.addressPending, `${most} handshakes of one address were under way`)
    watch.expect(mostOpen <= ADMISSION_LIMITS.addressPending, `the attacker held ${mostOpen} connections`)
    watch.expect(times.length > 0 && worst < WORST, `an honest client was connected after ${worst} ms`)
    watch.expect(unhandled.length === 0, `unhandled: ${unhandled.join('; ')}`)
  }
}
