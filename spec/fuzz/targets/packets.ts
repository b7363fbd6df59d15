import { decodeRoutedHeader, encodeRoutedHeader, FrameDecoder, frames as framesLayer, HARDENED_RULES, packets, routed, ROUTED_LENGTH, SEED_RULES, type PacketRules, type RoutedPacket } from '../../../lib/nova/index.js'
import { CONTROL, encodeRecords } from '../../../lib/nova/control.js'
import { OutgoingControls } from '../../../lib/nova/outgoing-controls.js'
import { PacketReceiver } from '../../../lib/nova/packet-receiver.js'
import { RECEIVE_LIMITS, type SlowConsumer } from '../../../lib/nova/receive-limits.js'
import type { Packet } from '../../../lib/nova/incoming-packet.js'
import { asError, ignore } from '../../../lib/stream/index.js'
import { bodyOf, frame, wireOf } from '../../nova/support.js'
import type { Random } from '../random.js'
import { holds, same, Violation, type Target } from '../target.js'
import { someFrames } from './frames.js'

const LIMITS = { ...RECEIVE_LIMITS, packetBytes: 600, linkBytes: 2000, maxIncoming: 2, maxUnread: 4, stallTimeout: 0 }
/** Microtasks that readers get. */
const MAX_TURNS = 100
const FRAME_CODES = ['ERR_FRAME_MAGIC', 'ERR_FRAME_SIZE', 'ERR_FRAME_FLAG', 'ERR_FRAME_TRUNCATED']
const PACKET_CODES = /^ERR_(PACKET_(SEQUENCE|TERMINATOR|TRUNCATED|SLOW|TOO_MANY|PROTOCOL)|CONTROL_RECORD|LINK_TRUNCATED|ROUTED_(SHORT|MAGIC)|FRAME_\w+)$/

/** Packets out of frames as they come, with readers that come late, within small limits. */
function receiver (name: string, rules: PacketRules, slowConsumer: SlowConsumer): Target {
  return {
    name,
    valid: random => wireOf([...someFrames(random, { maxContent: 900, carries: rules.terminatorCarries }), ...rules.ordered && random.bool() ? [goaway()] : []]),
    decode: async input => {
      const headSize = (input.bytes[5] ?? 0) % 2 === 0 ? 0 : 10
      const receiver = new PacketReceiver(rules, { limits: LIMITS, slowConsumer, headSize, budget: undefined }, { controls: new OutgoingControls({ wake: ignore }), control: ignore, lost: ignore, over: ignore })
      const decoder = new FrameDecoder()
      const reading: Array<Promise<Uint8Array | string>> = []
      const readNext = async (): Promise<void> => {
        const next = await receiver.next().catch(ignore)
        if (next?.done === false) reading.push(bodyOf(next.value))
      }
      const receiving = async (): Promise<void> => {
        for (const chunk of input.chunks()) {
          decoder.push(chunk)
          for (let one = decoder.next(); one !== undefined; one = decoder.next()) {
            receiver.receive(one)
            holds('packets in flight', receiver.size <= LIMITS.maxIncoming)
            // an overhead a piece counts as well
            holds('bytes that wait', receiver.held <= LIMITS.linkBytes + one.size + 256)
            for (let turns = 0; receiver.room() !== undefined; turns++) {
              if (turns > MAX_TURNS) throw new Violation('blocked while everybody reads')
              while (receiver.waiting > 0) await readNext()
              await Promise.resolve()
            }
          }
        }
        decoder.end()
        receiver.end()
      }
      const received = receiving()
      await received.catch((error: unknown) => { receiver.fail(asError(error)) })
      while (receiver.waiting > 0) await readNext()
      for (const body of await Promise.all(reading)) if (typeof body === 'string' && !PACKET_CODES.test(body)) throw new Violation(`a packet failed with ${body}`)
      holds('nothing is held at the end', receiver.held === 0)
      await received
    },
    codes: [...FRAME_CODES, 'ERR_PACKET_TOO_MANY', 'ERR_PACKET_PROTOCOL', ...rules.ordered ? ['ERR_CONTROL_RECORD'] : []],
    first: ['ERR_FRAME_MAGIC'],
    edges: [2, 600, 2000, 2 ** 20 - 18],
    largest: bytes => 4 * bytes + 4096
  }
}

function goaway () {
  return frame(0, 1, encodeRecords([{ type: CONTROL.goaway, packetNonce: 0, value: 0 }]))
}

export const seedPackets = receiver('nova.packets.seed', SEED_RULES, 'stop-reading')
export const failingPackets = receiver('nova.packets.fail-packet', SEED_RULES, 'fail-packet')
export const hardenedPackets = receiver('nova.packets.hardened', HARDENED_RULES, 'stop-reading')

/** A whole endpoint: packets, or routed ones. */
function endpoint (name: string, make: typeof routed | typeof packets, body: (random: Random) => Uint8Array): Target {
  return {
    name,
    valid: random => wireOf([...random.many(3, index => {
      const content = body(random)
      const at = random.nat(content.byteLength)
      return [frame(index + 1, 1, content.subarray(0, at)), frame(index + 1, 2, content.subarray(at), true)].filter(one => one.size > 0 || one.terminating)
    }).flat(), goaway()]),
    decode: async input => {
      const end = make({ rules: HARDENED_RULES, limits: { stallTimeout: 0 } })
      const running = end.run(framesLayer().decode()(input.source()))
      running.catch((error: unknown) => { end.fail(asError(error)) })
      const reading: Array<Promise<Uint8Array | string>> = []
      const all = (async () => { for await (const packet of end.face.source as AsyncIterable<RoutedPacket | Packet>) reading.push(bodyOf(packet)) })()
      await all.catch(ignore)
      for (const found of await Promise.all(reading)) if (typeof found === 'string' && !PACKET_CODES.test(found)) throw new Violation(`a packet failed with ${found}`)
      try {
        await running
      } finally {
        end.fail(new Error('over'))
      }
    },
    codes: [...FRAME_CODES, 'ERR_PACKET_PROTOCOL', 'ERR_CONTROL_RECORD', 'ERR_LINK_TRUNCATED'],
    first: ['ERR_FRAME_MAGIC'],
    edges: [ROUTED_LENGTH, 2 ** 20 - 18],
    largest: bytes => 4 * bytes + 4096
  }
}

const routedBody = (random: Random): Uint8Array => {
  const header = encodeRoutedHeader({ target: random.bytes(16), source: random.bytes(16), kind: BigInt(random.nat(2 ** 32)) })
  return Uint8Array.of(...header, ...random.content(200))
}

export const packetLink = endpoint('nova.packets.link', packets, random => random.content(300))
export const routedLink = endpoint('nova.routed.link', routed, routedBody)

/** The 44 bytes before a routed body. */
export const routedHeader: Target = {
  name: 'nova.routed',
  valid: random => routedBody(random).slice(0, ROUTED_LENGTH),
  decode: input => {
    const read = decodeRoutedHeader(input.bytes)
    same('written again', encodeRoutedHeader(read), input.bytes.subarray(0, ROUTED_LENGTH))
  },
  codes: ['ERR_ROUTED_SHORT', 'ERR_ROUTED_MAGIC'],
  first: ['ERR_ROUTED_SHORT', 'ERR_ROUTED_MAGIC'],
  edges: [ROUTED_LENGTH],
  largest: () => ROUTED_LENGTH
}
