import type { MaybePromise } from '../stream/index.js'

/**
 * Writes the compressed blocks (RFC 1951) of a stream. Calls go one after another: each is awaited before the next. What goes in must
 * stay as it is until its call has settled; what comes out belongs to the caller. Each call throws or rejects with ERR_ZLIB_DESTROYED
 * after `destroy`, and with ERR_ZLIB_BACKEND when the backend fails.
 */
export interface RawDeflater {
  /** Takes any number of bytes, and gives what is ready of the stream (often nothing: it waits for a whole block). */
  write(bytes: Uint8Array): MaybePromise<Uint8Array[]>
  /**
   * Brings out everything that was written, up to a whole byte (4 to 6 bytes more).
   *
   * @param forget - no later block reaches back over this place
   */
  flush(forget: boolean): MaybePromise<Uint8Array[]>
  /** Ends the stream. Nothing may follow but `destroy`. */
  finish(): MaybePromise<Uint8Array[]>
  /** Frees what it holds; what is under way rejects with ERR_ZLIB_DESTROYED. Any number of times. */
  destroy(): void
}

/**
 * Reads the blocks (RFC 1951) of a stream to their end, expanding no more than it is asked for. Calls go one after another.
 */
export interface RawInflater {
  /** Gives the next piece of input, which must stay as it is until `read` has answered undefined. Only then comes the next. */
  write(bytes: Uint8Array): void
  /**
   * The next piece of output, at most 256 KiB, the caller's to keep; undefined when the input is used up, or the last block has ended.
   *
   * @throws ERR_ZLIB_DATA, ERR_ZLIB_DESTROYED, ERR_ZLIB_BACKEND
   */
  read(): MaybePromise<Uint8Array | undefined>
  /** What of the input follows the last block; undefined while that has not ended. Of use once `read` has answered undefined. */
  readonly rest: Uint8Array | undefined
  /** Frees what it holds; what is under way rejects with ERR_ZLIB_DESTROYED. Any number of times. */
  destroy(): void
}

/** What a backend offers; which one is in use is decided by the condition of `#zlib`. */
export interface Zlib {
  readonly backend: 'node' | 'portable'
  /** A new stream of blocks, at a level from 1 to 9. */
  rawDeflater(level: number): RawDeflater
  /** A new inflater of blocks. @param before - what may be reached back to, at most 32 KiB, kept by reference */
  rawInflater(before: Uint8Array): RawInflater
  /** A whole stream (RFC 1950) at once, without waiting; for short inputs. */
  deflateSync(bytes: Uint8Array, level: number): Uint8Array
  /**
   * What a whole stream (RFC 1950) holds, without waiting; for short inputs. Undefined when that is more than `maxOutput` bytes.
   *
   * @throws ERR_ZLIB_DATA, ERR_ZLIB_DICTIONARY, ERR_ZLIB_TRUNCATED, ERR_ZLIB_TRAILING, ERR_ZLIB_BACKEND
   */
  inflateSync(bytes: Uint8Array, maxOutput: number): Uint8Array | undefined
}
