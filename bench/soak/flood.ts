import { now } from '../harness/clock.js'
import type { Flooder } from './actors/flooder.js'
import type { SoakCase } from './case.js'
import { HonestPair } from './honest.js'

/** Packets and bytes a second that an identity may send, two seconds' worth of each at once; and refusals a minute until it is cut. */
const PACKETS = 100
const BYTES = 1_048_576
const REFUSALS = 1000
const BURST = 2
/** Bytes of the chunks that are charged for after they were read. */
const SLACK = 1_048_576
const MIB = 1_048_576

/** Case 24. */
export const flood: SoakCase = {
  name: 'flood',
  number: 24,
  what: 'packets at 100 times the rate (10,000 a second), and bytes as fast as they are taken, beside honest clients of the same address',
  run: async ({ seconds = 12, size = PACKETS * 100 }, watch) => {
    const relay = await watch.relay({ admission: { identityPackets: PACKETS, identityBytes: BYTES, maxRefusals: REFUSALS } })
    const place = await relay.place()
    const seen = { packets: 0, bytes: 0 }
    const pair = await HonestPair.connect(place, bytes => {
      if (bytes <= 8) seen.packets++
      else seen.bytes += bytes
    })
    const [many, big] = [await watch.spawn<Flooder>('soak/actors/flooder.js', 'flooder', { place }), await watch.spawn<Flooder>('soak/actors/flooder.js', 'flooder', { place })]
    const target = pair.reader.id
    pair.start()
    const from = now()
    const [packets, taken] = await Promise.all([many.packets(target, size, seconds * 1000), big.bytes(target, seconds * 1000)])
    const lasted = (now() - from) / 1000
    await pair.stop(watch)
    const [read, { codes, unhandled }] = [await relay.read(await big.id()), await relay.state()]
    const [mayPackets, mayBytes] = [PACKETS * (BURST + lasted), BYTES * (BURST + lasted) + SLACK]
    watch.figure('packets sent', packets.sent)
    watch.figure('packets that may pass', mayPackets)
    watch.figure('packets passed on', seen.packets)
    watch.figure('refusals that the flooder was told of', packets.refused)
    watch.figure('connections of the flooder', packets.connections)
    watch.figure('of them cut', packets.cuts)
    watch.figure('cut for the rate (ERR_RELAY_RATE)', codes['ERR_RELAY_RATE'] ?? 0)
    watch.figure('MiB that the other flooder could write', taken / MIB)
    watch.figure('MiB that may be read', mayBytes / MIB)
    watch.figure('MiB read, all of which is decrypted', read / MIB)
    watch.expect(seen.packets > 0 && seen.packets <= mayPackets, `${seen.packets} packets of the flood were passed on`)
    watch.expect(packets.sent > mayPackets + REFUSALS, `only ${packets.sent} packets were sent`)
    watch.expect(packets.refused > 0, 'the flooder was not told')
    watch.expect(packets.cuts > 0 && (codes['ERR_RELAY_RATE'] ?? 0) > 0, 'the flooder was not cut')
    watch.expect(read > 0 && read <= mayBytes, `${read} bytes were read and decrypted`)
    watch.expect(unhandled.length === 0, `unhandled: ${unhandled.join('; ')}`)
  }
}
