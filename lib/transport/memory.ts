/**
 * A pair of duplexes in one process, with latency, chunking and faults.
 *
 * @module transport/memory
 */
import type { Bytes } from '../stream/index.js'
import { Connection, type Transport, type TransportOptions, type Wire } from './connection.js'
import { transportError } from './errors.js'
import { transportLimits } from './limits.js'
import { Path, type PathOptions } from './path.js'

export type { Transport, TransportOptions } from './connection.js'
export type { Chunking, PathFaults, PathOptions } from './path.js'
export { TRANSPORT_ERRORS } from './errors.js'

/** Options of {@link memoryPair}; each direction can have its own. */
export interface MemoryPairOptions extends TransportOptions, PathOptions {
  /** What the left one sends, where it differs from the rest. */
  toRight?: PathOptions | undefined
  /** What the right one sends, likewise. */
  toLeft?: PathOptions | undefined
}

/**
 * Two ends of a connection within this process, for tests: with latency, other chunks than were written, a bounded
 * buffer, and faults at given bytes. It behaves as TCP does: half-close, back-pressure, abort as a reset that
 * takes what is under way with it. Everything is copied on the way, as a kernel would.
 *
 * @throws ERR_LIMIT_OPTION when an option is out of its range
 * @example
 * ```ts
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * const [left, right] = memoryPair({ chunks: 1, toRight: { faults: { cutAfter: 2 } } })
 * left.sink([Uint8Array.of(1, 2, 3)] as never).catch(error => error.code) // ERR_TRANSPORT_RESET
 * for await (const bytes of right.source) console.log(bytes) // [1], [2], then it throws
 * ```
 */
export function memoryPair (options: MemoryPairOptions = {}): [left: Transport, right: Transport] {
  const limits = transportLimits(options)
  const left = new MemoryWire(new Path({ ...options, ...options.toRight }))
  const right = new MemoryWire(new Path({ ...options, ...options.toLeft }))
  const ends: [Connection, Connection] = [new Connection(left, limits), new Connection(right, limits)]
  left.join(right, ends[0], ends[1])
  right.join(left, ends[1], ends[0])
  return ends
}

/** One end as a wire: the path to the other side. */
class MemoryWire implements Wire {
  readonly path: Path
  #other: MemoryWire | undefined
  #remote: Connection | undefined
  #gone = false

  constructor (path: Path) {
    this.path = path
  }

  join (other: MemoryWire, local: Connection, remote: Connection): void {
    this.#other = other
    this.#remote = remote
    this.path.start({
      chunk: bytes => { remote.receive(bytes) },
      end: () => { remote.receiveEnd() },
      cut: () => {
        local.fail(transportError('ERR_TRANSPORT_RESET'))
        remote.fail(transportError('ERR_TRANSPORT_RESET'))
      }
    })
  }

  write (bytes: Bytes): Promise<void> | undefined { return this.path.write(bytes) }
  end (): Promise<void> { return this.path.end() }
  pause (): void { this.#other?.path.pause() }
  resume (): void { this.#other?.path.resume() }
  release (): Promise<void> { return Promise.resolve() }

  reset (): Promise<void> {
    if (!this.#gone) {
      this.#gone = true
      this.path.destroy()
      this.#other?.path.destroy()
      this.#remote?.fail(transportError('ERR_TRANSPORT_RESET'))
    }
    return Promise.resolve()
  }
}
