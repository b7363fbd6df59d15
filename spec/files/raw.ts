import type { Uuid } from '../../lib/bytes/index.js'
import { FILES_KIND, type Entry } from '../../lib/files/index.js'
import { encodeManifest } from '../../lib/files/manifest.js'
import { encodeData, encodeRecord, FILES_VERSION, RECEIVERS, RecordReader, SENDERS, type FilesRecord } from '../../lib/files/records.js'
import type { IncomingStream, PeerStream } from '../../lib/relay/index.js'
import { Channel, ignore } from '../../lib/stream/index.js'
import type { TestClient } from '../relay/client/support.js'

/** One end of a transfer by hand. */
export class Raw {
  readonly stream: PeerStream
  readonly #out = new Channel<Uint8Array>({ maxBytes: 1e9 })
  readonly #reader = new RecordReader(new Set([...SENDERS, ...RECEIVERS]), 100_000)
  readonly #source: AsyncIterator<Uint8Array>

  constructor (stream: PeerStream) {
    this.stream = stream
    this.#source = stream.source[Symbol.asyncIterator]()
    stream.sink(this.#out).catch(ignore)
  }

  static async dial (client: TestClient, peer: Uuid): Promise<Raw> {
    return new Raw(await client.peer(peer).open(FILES_KIND))
  }

  static accept (incoming: IncomingStream): Raw { return new Raw(incoming.accept()) }

  say (...records: FilesRecord[]): this {
    for (const record of records) this.bytes(record.type === 'data' ? encodeData(record.bytes) : encodeRecord(record))
    return this
  }

  offer (...entries: Array<Partial<Entry> & { path: string }>): this {
    const manifest = encodeManifest({ entries: entries.map(entry => ({ type: 'file', size: 1, modified: 0, executable: false, ...entry })), bytes: 0, files: 0 })
    return this.say({ type: 'offer', version: FILES_VERSION, manifest })
  }

  bytes (bytes: Uint8Array): void { void this.#out.push(bytes) }

  end (): this {
    this.#out.end()
    return this
  }

  /** The next record but signs of life; undefined at the end. */
  async next (): Promise<FilesRecord | undefined> {
    for (;;) {
      const record = this.#reader.read()
      if (record !== undefined && record.type !== 'alive') return structuredClone(record)
      if (record !== undefined) continue
      const { value, done } = await this.#source.next()
      if (done === true) return undefined
      this.#reader.push(value)
    }
  }
}
