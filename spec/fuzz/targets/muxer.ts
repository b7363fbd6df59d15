import { encodeRecord, RECORD, RecordReader } from '../../../lib/libp2p/muxer-records.js'
import { novaMuxer } from '../../../lib/libp2p/index.js'
import { HushwireError } from '../../../lib/stream/index.js'
import { join } from '../../../lib/stream/pieces.js'
import type { Random } from '../random.js'
import { holds, Violation, type Target } from '../target.js'
import { HandStream } from './hand-stream.js'

/** The records of one stream, in any pieces. */
export const records: Target = {
  name: 'libp2p.muxer.records',
  valid: random => join(random.many(6, () => random.pick([
    () => {
      const content = random.bytes(1 + random.nat(40))
      return join([encodeRecord(RECORD.data, content.byteLength), content])
    },
    () => encodeRecord(RECORD.credit, 1 + random.nat(2 ** 24 - 2)),
    () => encodeRecord(random.pick([RECORD.reset, RECORD.stop, RECORD.end]), 0)
  ])())),
  decode: input => {
    let [content, count] = [0, 0]
    const reader = new RecordReader({ data: bytes => { content += bytes.byteLength }, record: () => { count++ } })
    for (const chunk of input.chunks()) reader.push(chunk)
    reader.end()
    holds('what was told is what came', content + 4 * count <= input.bytes.byteLength)
  },
  codes: ['ERR_MUXER_RECORD'],
  first: [],
  edges: [2 ** 24],
  largest: bytes => 64 + bytes
}

/** Turns of the loop after which a muxer has done what it can with what has come. */
const TURNS = 3
/** Turns in which it comes to its end when the connection has. */
const ENDING = 2000

/** What a side sends that opens some streams, says something on them, and closes. */
async function opening (random: Random): Promise<Uint8Array> {
  const connection = new HandStream('outbound')
  const muxer = novaMuxer()().createStreamMuxer(connection)
  for (let count = random.nat(3); count > 0; count--) {
    const stream = await muxer.createStream()
    for (let writes = random.nat(3); writes > 0; writes--) stream.send(random.bytes(1 + random.nat(60)))
    if (random.bool()) stream.abort(new Error('given up'))
    else void stream.close().catch(() => {})
    await new Promise(setImmediate)
  }
  const closing = muxer.close().catch(() => {})
  for (let turns = 0; turns < TURNS; turns++) await new Promise(setImmediate)
  connection.onTransportClosed()
  await closing
  return join(connection.sent)
}

/** Everything that the other side of a muxer sends. */
export const connection: Target = {
  name: 'libp2p.muxer',
  valid: opening,
  decode: async input => {
    const connection = new HandStream()
    const muxer = novaMuxer({ limits: { maxInboundStreams: 2, maxWindow: 65_536 } })().createStreamMuxer(connection)
    let open = 0
    const failures: unknown[] = []
    muxer.addEventListener('stream', ({ detail: stream }) => {
      holds('streams within their limit', ++open <= 2)
      stream.addEventListener('message', () => {})
      stream.addEventListener('remoteCloseWrite', () => { void stream.close().catch(() => {}) })
      stream.addEventListener('close', ({ error }) => {
        open--
        if (error !== undefined) failures.push(error)
      })
    })
    for (const chunk of input.chunks()) {
      if (connection.status !== 'open') break
      connection.onData(chunk)
      await new Promise(setImmediate)
    }
    for (let turns = 0; turns < TURNS; turns++) await new Promise(setImmediate)
    if (connection.status === 'open') connection.onTransportClosed()
    for (let turns = 0; muxer.status !== 'closed' && turns < ENDING; turns++) await new Promise(setImmediate)
    holds('it is closed when the connection is', muxer.status === 'closed' && open === 0)
    for (const error of failures) {
      if (error instanceof HushwireError ? !/^ERR_(MUXER|FRAME|PACKET|LINK|TRANSPORT|CONTROL)_/.test(error.code) : (error as Error).name !== 'StreamResetError') throw new Violation(`a stream failed with ${String(error)}`)
    }
    return failures.length === 0
  },
  codes: [],
  first: [],
  edges: [4, 65_536, 2 ** 20 - 18],
  largest: bytes => 65_536 + 4 * bytes,
  total: bytes => 1_048_576 + 256 * bytes
}
