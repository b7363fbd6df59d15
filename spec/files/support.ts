import type { IncomingStream } from '../../lib/relay/index.js'
import { FileReceiver, FILES_KIND, type Destination, type Place, type Received, type ReceiverOptions, type SourceFile, type Transfer } from '../../lib/files/index.js'
import { Channel, ignore } from '../../lib/stream/index.js'
import { join } from '../../lib/stream/index.js'
import type { TestClient } from '../relay/client/support.js'

/** Bytes that are not to be compressed. */
export function random (length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += 65_536) globalThis.crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

/** Whether bytes are the same; ava compares long ones property by property. */
export function same (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.compare(one, other) === 0
}

/** A file in memory, in pieces of so many bytes; counts how often it is opened. */
export function memoryFile (path: string, content: Uint8Array, { piece = 65_536, modified = 1_000 } = {}): SourceFile & { readonly opened: number[] } {
  const opened: number[] = []
  return {
    path,
    size: content.byteLength,
    modified,
    opened,
    async * open (from) {
      opened.push(from)
      for (let at = from; at < content.byteLength; at += piece) yield content.subarray(at, at + piece)
    }
  }
}

/** A folder in memory that outlives receivers; counts bytes that are written. */
export class MemoryDestination implements Destination {
  readonly placed = new Map<string, Uint8Array>()
  readonly parts = new Map<string, Uint8Array>()
  readonly finished = new Map<string, Set<number>>()
  readonly calls: string[] = []
  written = 0
  open_ = 0
  overwrite = false
  space: number | undefined
  onWritten: () => unknown = ignore
  /** Called before each write. */
  onWrite: (index: number, offset: number, bytes: Uint8Array) => unknown = ignore
  onFinish: (index: number) => unknown = ignore

  open ({ id, manifest }: Transfer): Place {
    if (this.open_ > 0 && [...this.finished.keys()].includes(`open ${id}`)) throw new Error('opened twice at a time')
    this.finished.set(`open ${id}`, new Set())
    this.open_++
    const done = this.finished.get(id) ?? new Set<number>()
    this.finished.set(id, done)
    const { entries } = manifest
    for (const [index, { type, path }] of entries.entries()) {
      if (type !== 'folder') continue
      this.placed.set(`${path}/`, new Uint8Array(0))
      done.add(index)
    }
    const name = (index: number): string => `${id} ${index}`
    const parts = new Map<number, number>()
    for (const index of entries.keys()) {
      const part = this.parts.get(name(index))
      if (part !== undefined && part.byteLength > 0) parts.set(index, part.byteLength)
    }
    const conflicts = this.overwrite ? [] : [...entries.keys()].filter(index => !done.has(index) && this.placed.has(entries[index]?.path ?? ''))
    const place: Place = {
      done: new Set(done),
      parts,
      conflicts,
      space: this.space,
      read: async function * (this: MemoryDestination, index: number, bytes: number) { yield (this.parts.get(name(index)) as Uint8Array).subarray(0, bytes) }.bind(this),
      write: async (index, offset, bytes) => {
        await this.onWrite(index, offset, bytes)
        const part = this.parts.get(name(index)) ?? new Uint8Array(0)
        if (part.byteLength !== offset) throw new Error(`written at ${offset} of ${part.byteLength}`)
        this.parts.set(name(index), join([part, bytes]))
        this.written += bytes.byteLength
        this.onWritten()
      },
      finish: async index => {
        await this.onFinish(index)
        this.placed.set(entries[index]?.path ?? '', this.parts.get(name(index)) ?? new Uint8Array(0))
        this.parts.delete(name(index))
        done.add(index)
      },
      discard: index => { this.parts.delete(name(index)) },
      close: over => {
        this.open_--
        this.finished.delete(`open ${id}`)
        this.calls.push(over ? 'over' : 'kept')
        if (over) {
          this.finished.delete(id)
          for (const index of entries.keys()) this.parts.delete(name(index))
        }
      }
    }
    return place
  }
}

/** A receiver that takes all that comes, and what becomes of each stream. */
export function receiving (client: TestClient, destination: Destination, options: Partial<ReceiverOptions> = {}): { receiver: FileReceiver, outcomes: Channel<Received>, streams: IncomingStream[] } {
  const receiver = new FileReceiver(client, destination, { accept: () => true, ...options })
  const outcomes = new Channel<Received>({ maxItems: Infinity, sizeOf: () => 0 })
  const streams: IncomingStream[] = []
  const serve = async (): Promise<void> => {
    for await (const stream of client.streams) {
      if (stream.kind !== FILES_KIND) { stream.refuse(); continue }
      streams.push(stream)
      void receiver.take(stream).then(received => { void outcomes.push(received) })
    }
  }
  serve().catch(ignore)
  return { receiver, outcomes, streams }
}
