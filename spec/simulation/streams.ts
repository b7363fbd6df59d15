import { HushwireError } from '../../lib/stream/index.js'
import { RESET_CODES, resetError } from '../../lib/nova/index.js'
import type { PeerStream } from '../../lib/relay/index.js'
import { sameBytes } from './content.js'
import type { Half, Play } from './play.js'
import type { Process } from './process.js'
import type { Setting } from './setting.js'
import { nameOf } from './tracker.js'

/** Plays one side of a stream to its end. Never rejects. */
export async function playSide (world: Setting, process: Process, stream: PeerStream, play: Play, side: 0 | 1): Promise<boolean> {
  const [out, incoming] = side === 0 ? play.halves : [play.halves[1], play.halves[0]]
  const { tracker } = world
  const who = `${out.name} at ${process.name}`
  const results = await Promise.all([
    tracker.track(`sink of ${who}`, stream.sink(source(world, process, stream, out))),
    tracker.track(`reading beside ${who}`, read(world, stream, incoming)),
    tracker.track(`closed of ${who}`, stream.closed)
  ])
  const failures = results.flatMap(result => 'error' in result ? [result.error] : [])
  for (const error of failures) {
    if (!(error instanceof HushwireError) && error !== process.reason && nameOf(error) !== 'the source has failed') world.problem(`${who} failed with ${nameOf(error)}`)
  }
  world.note(`${who} is over${failures.length > 0 ? `: ${failures.map(nameOf).join()}` : ''}`)
  return failures.length === 0
}

async function * source (world: Setting, process: Process, stream: PeerStream, half: Half): AsyncGenerator<Uint8Array, void> {
  const { content, piece, abortAt, throwAt } = half
  while (half.sent < content.byteLength) {
    if (process.reason !== undefined) throw process.reason
    if (half.sent >= abortAt) stream.abort(resetError(RESET_CODES.cancelled))
    if (half.sent >= throwAt) throw new Error('the source has failed')
    const bytes = content.subarray(half.sent, half.sent + piece)
    half.sent += bytes.byteLength
    yield bytes
    await world.pause()
  }
  half.ended = true
}

async function read (world: Setting, stream: PeerStream, half: Half): Promise<void> {
  const { content, leaveAt, stall, name } = half
  for await (const bytes of stream.source) {
    const { received } = half
    half.received += bytes.byteLength
    if (half.received > half.sent || !sameBytes(bytes, content.subarray(received, half.received))) world.problem(`${name}: other bytes than were sent, at ${received}`)
    if (half.received >= leaveAt) return
    await world.pause()
    if (received < content.byteLength / 2 && half.received >= content.byteLength / 2 && stall > 0) await world.clock.sleep(stall)
  }
  if (!half.ended || half.received !== content.byteLength) world.problem(`${name}: its end was seen after ${half.received} of ${content.byteLength} bytes, ${half.ended ? '' : 'not '}ended by its sender`)
}
