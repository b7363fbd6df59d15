import type { TransformOptions } from 'node:stream'
import { constants, createDeflate, createInflate, deflateSync, inflateSync, type Deflate, type Inflate, type ZlibOptions } from 'node:zlib'
import { ignore, plain } from '../stream/index.js'
import { zlibError } from './errors.js'
import type { Deflater, Inflater, Zlib } from './interface.js'

/** Bytes of an output buffer. A call into the thread pool costs tens of µs, so few and large ones. */
const CHUNK = 262_144
/** Bytes that a whole stream is inflated to at the most, whatever is asked for. */
const MAX_WHOLE = 2 ** 30

/** The backend over node:zlib: the work is done in the thread pool. */
export const zlib: Zlib = {
  backend: 'node',
  deflater: level => new NodeDeflater(level),
  inflater: () => new NodeInflater(),
  deflateSync: (bytes, level) => plain(deflateSync(bytes, { level })),
  inflateSync: inflateWhole
}

function inflateWhole (bytes: Uint8Array, maxOutput: number): Uint8Array | undefined {
  let result: object
  try {
    result = inflateSync(bytes, { info: true, maxOutputLength: Math.max(1, Math.min(maxOutput, MAX_WHOLE)) })
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return undefined
    throw meaning(error as Error)
  }
  // what `info` asks for, which its types do not say
  const { buffer, engine } = result as { buffer: Uint8Array, engine: { bytesWritten: number } }
  if (engine.bytesWritten < bytes.byteLength) throw zlibError('ERR_ZLIB_TRAILING')
  return buffer.byteLength > maxOutput ? undefined : plain(buffer)
}

class NodeDeflater implements Deflater {
  readonly #stream: Deflate
  #level: number
  #out: Uint8Array[] = []
  #reject: (error: Error) => void = ignore
  #error: Error | undefined
  /** The level is being changed. */
  #changing = false

  constructor (level: number) {
    this.#level = level
    this.#stream = createDeflate({ level, chunkSize: CHUNK })
    // flowing: what a call brings out is bounded by what went in
    this.#stream.on('data', (bytes: Uint8Array) => { this.#out.push(plain(bytes)) })
    this.#stream.on('error', error => { this.#fail(zlibError('ERR_ZLIB_BACKEND', undefined, error)) })
  }

  write (bytes: Uint8Array): Promise<Uint8Array[]> {
    return this.#call(done => this.#stream.write(bytes, done))
  }

  setLevel (level: number): Promise<Uint8Array[]> | Uint8Array[] {
    if (level === this.#level) return []
    this.#level = level
    return this.#call(done => {
      this.#changing = true
      this.#stream.params(level, constants.Z_DEFAULT_STRATEGY, () => {
        this.#changing = false
        if (this.#error === undefined) done()
        else this.#stream.destroy()
      })
    })
  }

  flush (): Promise<Uint8Array[]> {
    return this.#call(done => { this.#stream.flush(constants.Z_SYNC_FLUSH, done) })
  }

  finish (): Promise<Uint8Array[]> {
    return this.#call(done => {
      this.#stream.once('end', done)
      this.#stream.end()
    })
  }

  destroy (): void {
    this.#fail(zlibError('ERR_ZLIB_DESTROYED'))
    // Node asserts, where nobody can catch it, that a stream whose level is being changed is still there
    if (!this.#changing) this.#stream.destroy()
  }

  #call (start: (done: (error?: Error | null) => void) => void): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined) { reject(this.#error); return }
      this.#reject = reject
      start(error => {
        // an error comes again as an event, which knows what it means
        if (error !== undefined && error !== null) return
        const out = this.#out
        this.#out = []
        resolve(out)
      })
    })
  }

  #fail (error: Error): void {
    this.#error ??= error
    this.#reject(this.#error)
  }
}

class NodeInflater implements Inflater {
  readonly #stream: Inflate
  /** Input is with zlib. */
  #busy = false
  #given = 0
  #ending = false
  #ended = false
  #error: Error | undefined
  #wake: () => void = ignore

  constructor () {
    // a mark of 1 byte: zlib stops after each output buffer until it has been read
    const options: ZlibOptions & TransformOptions = { chunkSize: CHUNK, readableHighWaterMark: 1 }
    this.#stream = createInflate(options)
    this.#stream.on('readable', () => { this.#wake() })
    this.#stream.on('end', () => {
      this.#ended = true
      if (!this.#ending) this.#fail(zlibError('ERR_ZLIB_TRAILING'))
      this.#wake()
    })
    this.#stream.on('error', error => { this.#fail(meaning(error)) })
  }

  write (bytes: Uint8Array): void {
    this.#check()
    this.#busy = true
    this.#given += bytes.byteLength
    this.#stream.write(bytes, error => {
      if (error !== undefined && error !== null) return
      this.#busy = false
      // zlib leaves alone what follows the end of its stream
      if (this.#stream.bytesWritten < this.#given) this.#fail(zlibError('ERR_ZLIB_TRAILING'))
      this.#wake()
    })
  }

  async read (): Promise<Uint8Array | undefined> {
    for (;;) {
      const out = this.#stream.read() as Uint8Array | null
      if (out !== null) return plain(out)
      this.#check()
      if (!this.#busy && this.#stream.readableLength === 0) return undefined
      await this.#change()
    }
  }

  async end (): Promise<void> {
    this.#check()
    this.#ending = true
    this.#stream.end()
    while (!this.#ended) {
      // nothing is left to read; the stream tells its end to a reader only
      this.#stream.read()
      await this.#change()
      this.#check()
    }
    // zlib takes an end without any input for an empty stream
    if (this.#stream.bytesWritten === 0) throw zlibError('ERR_ZLIB_TRUNCATED')
  }

  destroy (): void {
    this.#fail(zlibError('ERR_ZLIB_DESTROYED'))
    this.#stream.destroy()
  }

  #check (): void {
    if (this.#error !== undefined) throw this.#error
  }

  #change (): Promise<void> {
    return new Promise(resolve => { this.#wake = resolve })
  }

  #fail (error: Error): void {
    this.#error ??= error
    this.#wake()
  }
}

function meaning (error: Error & { code?: string }): Error {
  switch (error.code) {
    case 'Z_DATA_ERROR': return zlibError('ERR_ZLIB_DATA')
    case 'Z_NEED_DICT': return zlibError('ERR_ZLIB_DICTIONARY')
    case 'Z_BUF_ERROR': return zlibError('ERR_ZLIB_TRUNCATED')
    default: return zlibError('ERR_ZLIB_BACKEND', undefined, error)
  }
}
