import test from 'ava'
import { crypto } from '../../lib/crypto/index.js'
import { noiseChannel, type NoiseProtocol } from '../../lib/noise/index.js'
import { HushwireError, join, type Duplex } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { leaksOf } from '../support/leaks.js'
import { items, pattern } from '../support/sources.js'
import { optionsOf, type Options } from './ends.js'
import { honest, other, through, type Pass, type Passing, type Side } from './middle.js'
import { SUITES } from './suites.js'

/** Each is a message of its own, and the end is one more. */
const SENT = Array.from({ length: 4 }, (_, index) => pattern(5000 + index))
const ALL = join(SENT)
const TRANSPORT = SENT.length + 1

/** The portable backend is ten times as slow, and what is tried here lies above it. */
const STRIDE = crypto.backend === 'portable' ? 7 : 1

interface Outcome {
  readonly bytes: Uint8Array
  readonly code: string
}

/** Both ends write all and read all over these duplexes, `second` when it has read all: what came, and how it ended. */
async function talk (duplexes: [Duplex, Duplex], protocol: NoiseProtocol, both: Options, second?: Side): Promise<[Outcome, Outcome]> {
  const end = async (side: Side): Promise<Outcome> => {
    const pieces: Uint8Array[] = []
    try {
      const channel = await noiseChannel(duplexes[side], optionsOf(protocol, side === 0 ? 'initiator' : 'responder', { limits: { handshakeTimeout: 300 }, ...both }))
      const read = async (): Promise<void> => { for await (const piece of channel.source) pieces.push(new Uint8Array(piece)) }
      const reading = read()
      if (side === second) await reading
      await Promise.all([channel.sink(items(...SENT)), reading, channel.closed])
      return { bytes: join(pieces), code: 'resolved' }
    } catch (error) {
      return { bytes: join(pieces), code: error instanceof HushwireError ? error.code : String(error) }
    }
  }
  return Promise.all([end(0), end(1)])
}

/** Messages of the handshake that each side sends. */
const handshakeOf = ({ pattern: { messages } }: NoiseProtocol, side: Side): number => side === 0 ? Math.ceil(messages.length / 2) : Math.floor(messages.length / 2)

/** Bytes that each side sends in its handshake, and the places to try: all of them, or enough of a long one. */
async function placesOf (protocol: NoiseProtocol, both: Options): Promise<[number[], number[]]> {
  const lengths: [number, number] = [0, 0]
  await talk(through(passing => {
    if (passing.index < handshakeOf(protocol, passing.from)) lengths[passing.from] += passing.bytes.byteLength
    return honest(passing)
  }), protocol, both)
  return lengths.map(length => Array.from({ length }, (_, at) => at).filter(at => length < 300 || at < 40 || at % 41 === 0 || at >= length - 70).filter(at => at % STRIDE === 0)) as [number[], number[]]
}

for (const [protocol, both] of SUITES) {
  test.serial(`${protocol.name}: each byte of the handshake flipped, and the wire cut before it, on both sides' messages: nothing is given out, nothing is left`, async t => {
    const places = await placesOf(protocol, both)
    t.true(Math.min(places[0].length, places[1].length) * STRIDE >= 36)
    const leaks = await leaksOf(async () => {
      for (const from of [0, 1] as const) {
        for (const at of places[from]) {
          for (const faults of [{ flip: { byte: at, bit: at % 8 } }, { cutAfter: at }]) {
            const ends = await talk(memoryPair({ [from === 0 ? 'toRight' : 'toLeft']: { faults }, closeTimeout: 50 }), protocol, both)
            for (const { bytes, code } of ends) {
              t.is(bytes.byteLength, 0)
              t.regex(code, /^ERR_(NOISE_(AUTH|TRUNCATED|MESSAGE_SIZE|LOW_ORDER|KEM)|TRUNCATED|HANDSHAKE_TIMEOUT|TRANSPORT_RESET)$/, `side ${from}, byte ${at}, ${Object.keys(faults).join('')}`)
            }
          }
        }
      }
    })
    t.deepEqual(leaks, { rejections: [], handles: {} })
  })
}

/** What is done to one transport message; those before it have been handed on. */
type Attack = (message: Passing) => ReturnType<Pass>

const changed = ({ from, bytes }: Passing, at: number, bit: number): ReturnType<Pass> => {
  const copy = bytes.slice()
  copy[at] = (copy[at] as number) ^ 1 << bit
  return [[other(from), copy]]
}

/** The same content under another length. */
const resized = ({ from, bytes }: Passing, by: number): ReturnType<Pass> => {
  const copy = new Uint8Array(bytes.byteLength + by)
  copy.set(bytes.subarray(0, copy.byteLength))
  new DataView(copy.buffer).setUint32(0, copy.byteLength - 4)
  return [[other(from), copy]]
}

const ATTACKS: Readonly<Record<string, Attack>> = {
  'the length one more or less': message => changed(message, 3, 0),
  'a length beyond the limit': message => changed(message, 1, 7),
  'the first byte flipped': message => changed(message, 4, 3),
  'a byte of the tag flipped': message => changed(message, message.bytes.byteLength - 9, 7),
  'the last byte flipped': message => changed(message, message.bytes.byteLength - 1, 0),
  'one byte cut off': message => resized(message, -1),
  'one byte put on': message => resized(message, 1),
  'left out': () => [],
  'sent back instead': ({ from, bytes }) => [[from, bytes]],
  'sent again': ({ from, bytes }) => [[other(from), bytes], [other(from), bytes]],
  'a forged end before it': ({ from, bytes }) => [[other(from), Uint8Array.of(0, 0, 0, 16, ...new Uint8Array(16))], [other(from), bytes]]
}

const whole = (count: number): number => SENT.slice(0, count).reduce((sum, { byteLength }) => sum + byteLength, 0)

for (const [index, [protocol, both]] of SUITES.entries()) {
  for (const [title, attack] of Object.entries(ATTACKS)) {
    test.serial(`${protocol.name}, a transport message in either direction: ${title}`, async t => {
      for (const from of [0, 1] as const) {
        for (const at of index === 0 ? Array.from({ length: TRANSPORT }, (_, at) => at) : [0, TRANSPORT - 1]) {
          const ends = await talk(through(passing => passing.from === from && passing.index === handshakeOf(protocol, from) + at ? attack(passing) : honest(passing)), protocol, both)
          // what follows the end of a direction is not looked at
          const unseen = title === 'sent again' && at === TRANSPORT - 1
          const { bytes, code } = ends[other(from)]
          const before = whole(title === 'sent again' ? at + 1 : at)
          t.deepEqual(bytes, ALL.subarray(0, title === 'sent back instead' ? bytes.byteLength : before))
          t.true(bytes.byteLength <= before)
          if (unseen) t.is(code, 'resolved')
          else t.regex(code, title === 'sent back instead' ? /^ERR_(NOISE_AUTH|NOISE_UNAUTHENTICATED_END|TRANSPORT_RESET)$/ : /^ERR_(NOISE_(AUTH|TRUNCATED|MESSAGE_SIZE|UNAUTHENTICATED_END)|TRUNCATED)$/)
          // the other direction gives out nothing but what was written
          t.deepEqual(ends[from].bytes, ALL.subarray(0, ends[from].bytes.byteLength))
        }
      }
    })
  }

  test.serial(`${protocol.name}: transport messages come back to their sender besides: it fails, whoever sent them first`, async t => {
    for (const from of [0, 1] as const) {
      const reflect: Pass = ({ from, bytes }) => [[from, bytes], [other(from), bytes]]
      const ends = await talk(through(passing => passing.from === from && passing.index === handshakeOf(protocol, from) ? reflect(passing) : honest(passing)), protocol, both, other(from))
      t.is(ends[from].code, 'ERR_NOISE_AUTH')
      for (const { bytes } of ends) t.deepEqual(bytes, ALL.subarray(0, bytes.byteLength))
    }
  })

  test.serial(`${protocol.name}: two messages that change places`, async t => {
    for (const from of [0, 1] as const) {
      for (let at = 0; at < TRANSPORT - 1; at++) {
        let kept: Uint8Array | undefined
        const ends = await talk(through(passing => {
          const place = passing.index - handshakeOf(protocol, from)
          if (passing.from !== from || place < at || place > at + 1) return honest(passing)
          const first = kept
          kept = passing.bytes
          return first === undefined ? [] : [[other(from), passing.bytes], [other(from), first]]
        }), protocol, both)
        t.deepEqual(ends[other(from)].bytes, ALL.subarray(0, whole(at)))
        t.is(ends[other(from)].code, 'ERR_NOISE_AUTH')
      }
    }
  })

  test.serial(`${protocol.name}: nobody between them, and all comes`, async t => {
    for (const { bytes, code } of await talk(through(honest), protocol, both)) {
      t.deepEqual(bytes, ALL)
      t.is(code, 'resolved')
    }
  })
}
