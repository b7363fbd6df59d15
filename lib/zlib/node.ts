import type { TransformOptions } from 'node:stream'
import { constants, createDeflateRaw, createInflateRaw, deflateSync, inflateSync, type DeflateRaw, type InflateRaw, type ZlibOptions } from 'node:zlib'
import { ignore, plain } from '../stream/index.js'
import { zlibError } from './errors.js'
import type { RawDeflater, RawInflater, Zlib } from './interface.js'

/** Bytes of an output buffer. A call into the thread pool costs tens of µs, so few and large ones. */
const CHUNK = 262_144
/** Bytes that a whole stream is inflated to at the most, whatever is asked for. */
const MAX_WHOLE = 2 ** 30

/** The backend over node:zlib: the work is done in the thread pool. */
export const zlib: Zlib = {
  backend: 'node',
  rawDeflater: level => new NodeDeflater(level),
  rawInflater: before => new NodeInflater(before),
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

class NodeDeflater implements RawDeflater {
  readonly #stream: DeflateRaw
  #out: Uint8Array[] = []
  #reject: (error: Error) => void = ignore
  #error: Error | undefined

  constructor (level: number) {
    this.#stream = createDeflateRaw({ level, chunkSize: CHUNK })
    // flowing: what a call brings out is bounded by what went in
    this.#stream.on('data', (bytes: Uint8Array) => { this.#out.push(plain(bytes)) })
    this.#stream.on('error', error => { this.#fail(zlibError('ERR_ZLIB_BACKEND', undefined, error)) })
  }

  write (bytes: Uint8Array): Promise<Uint8Array[]> {
    return this.#call(done => this.#stream.write(bytes, done))
  }

  flush (forget: boolean): Promise<Uint8Array[]> {
    return this.#call(done => { this.#stream.flush(forget ? constants.Z_FULL_FLUSH : constants.Z_SYNC_FLUSH, done) })
  }

  finish (): Promise<Uint8Array[]> {
    return this.#call(done => {
      this.#stream.once('end', done)
      this.#stream.end()
    })
  }

  destroy (): void {
    this.#fail(zlibError('ERR_ZLIB_DESTROYED'))
    this.#stream.destroy()
  }

  #call (start: (done: (error?: Error | null) => void) => void): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined) { reject(this.#error); return }
      this.#reject = reject
      start(error => {
        if (error !== undefined && error !== null) {
          this.#fail(zlibError('ERR_ZLIB_BACKEND', undefined, error))
          return
        }
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

class NodeInflater implements RawInflater {
  readonly #stream: InflateRaw
  /** The latest input, and all bytes of input. */
  #input: Uint8Array = NOTHING
  #given = 0
  /** Input is with zlib. */
  #busy = false
  #error: Error | undefined
  #wake: () => void = ignore
  rest: Uint8Array | undefined

  constructor (before: Uint8Array) {
    // a mark of 1 byte: zlib stops after each output buffer until it has been read
    const options: ZlibOptions & TransformOptions = { chunkSize: CHUNK, readableHighWaterMark: 1, ...before.byteLength > 0 ? { dictionary: before } : {} }
    this.#stream = createInflateRaw(options)
    this.#stream.on('readable', () => { this.#wake() })
    this.#stream.on('error', error => { this.#fail(meaning(error)) })
  }

  write (bytes: Uint8Array): void {
    this.#busy = true
    this.#input = bytes
    this.#given += bytes.byteLength
    this.#stream.write(bytes, error => {
      if (error !== undefined && error !== null) return
      this.#busy = false
      // zlib leaves alone what follows the last block
      const left = this.#given - this.#stream.bytesWritten
      if (left > 0) this.rest = this.#input.subarray(this.#input.byteLength - left)
      this.#wake()
    })
  }

  async read (): Promise<Uint8Array | undefined> {
    for (;;) {
      const out = this.#stream.read() as Uint8Array | null
      if (out !== null) return plain(out)
      if (this.#error !== undefined) throw this.#error
      if (!this.#busy && this.#stream.readableLength === 0) return undefined
      await new Promise<void>(resolve => { this.#wake = resolve })
    }
  }

  destroy (): void {
    this.#fail(zlibError('ERR_ZLIB_DESTROYED'))
    this.#stream.destroy()
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

const NOTHING = new Uint8Array(0)
