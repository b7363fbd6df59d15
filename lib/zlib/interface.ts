import type { MaybePromise } from '../stream/index.js'

/**
 * Writes one RFC 1950 stream. Calls go one after another: each is awaited before the next. What goes in must stay
 * as it is until its call has settled; what comes out belongs to the caller.
 */
export interface Deflater {
  /** Takes any number of bytes, and gives what is ready of the stream (often nothing: it waits for a whole block). */
  write(bytes: Uint8Array): MaybePromise<Uint8Array[]>
  /** From here on another level, 0 to 9; 0 stores. Everything before it comes out. */
  setLevel(level: number): MaybePromise<Uint8Array[]>
  /** Brings out everything that was written, so that the other side can read it now (a sync flush: 4 to 6 bytes more). */
  flush(): MaybePromise<Uint8Array[]>
  /** Ends the stream with its checksum. Nothing may follow but `destroy`. */
  finish(): MaybePromise<Uint8Array[]>
  /** Frees what it holds; what is under way rejects with ERR_ZLIB_DESTROYED. Any number of times. */
  destroy(): void
}

/**
 * Reads one RFC 1950 stream, expanding no more than it is asked for. Calls go one after another.
 */
export interface Inflater {
  /** Gives the next piece of input, which must stay as it is until `read` has answered undefined. Only then comes the next. */
  write(bytes: Uint8Array): void
  /**
   * The next piece of output, at most 256 KiB, the caller's to keep; undefined when the input is used up.
   *
   * @throws ERR_ZLIB_DATA, ERR_ZLIB_DICTIONARY, or ERR_ZLIB_TRAILING when input goes on after the stream
   */
  read(): MaybePromise<Uint8Array | undefined>
  /**
   * Says that no more input comes.
   *
   * @throws ERR_ZLIB_TRUNCATED when the stream has not ended by then
   */
  end(): MaybePromise<void>
  /** Frees what it holds; what is under way rejects with ERR_ZLIB_DESTROYED. Any number of times. */
  destroy(): void
}

/** What a backend offers; which one is in use is decided by the condition of `#zlib`. */
export interface Zlib {
  readonly backend: 'node' | 'portable'
  /** A new stream, at a level from 0 to 9. */
  deflater(level: number): Deflater
  /** A new inflater of one stream. */
  inflater(): Inflater
  /** A whole stream at once, without waiting; for short inputs. */
  deflateSync(bytes: Uint8Array, level: number): Uint8Array
  /**
   * What a whole stream holds, without waiting; for short inputs. Undefined when that is more than `maxOutput` bytes.
   *
   * @throws ERR_ZLIB_DATA, ERR_ZLIB_DICTIONARY, ERR_ZLIB_TRUNCATED, ERR_ZLIB_TRAILING
   */
  inflateSync(bytes: Uint8Array, maxOutput: number): Uint8Array | undefined
}
