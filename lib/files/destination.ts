import type { Peer } from '../nova/index.js'
import type { MaybePromise } from '../stream/index.js'
import type { Manifest } from './manifest.js'

/** A transfer that is offered. */
export interface Transfer {
  /** Its name in hex, 64 digits: the same files from the same sender have the same one. */
  readonly id: string
  readonly from: Peer
  /** Everything in it was checked; to a person, paths are still somebody else's text. */
  readonly manifest: Manifest
}

/** Where files go: a folder of a file system, or of a browser. */
export interface Destination {
  /**
   * Looks what is there of a transfer that was accepted, and makes its empty folders. No transfer is open twice at a time.
   *
   * @param signal - aborts when the transfer is not waited for any more: what takes long then throws its reason
   * @throws anything that makes the whole transfer fail; what is not an error of `hushwire/files` is told as ERR_FILES_WRITE
   */
  open(transfer: Transfer, signal: AbortSignal): MaybePromise<Place>
}

/**
 * What is there of one transfer. Files are named by their index in the manifest. Calls go one after another. An error whose code or name says that the disk
 * is full (`ENOSPC`, `EDQUOT`, `QuotaExceededError`) ends the transfer and keeps what is there; any other one gives up the file.
 */
export interface Place {
  /** Entries that are in their place, put there by this transfer, and folders. */
  readonly done: ReadonlySet<number>
  /** Files of which something is there, and how many bytes: what `write` has written, in this process or an earlier one. */
  readonly parts: ReadonlyMap<number, number>
  /** Files that would overwrite something that is not to be overwritten. When there are any, nothing is taken. */
  readonly conflicts: readonly number[]
  /** Bytes that can be written; undefined where that is not known. */
  readonly space?: number | undefined
  /** The first `bytes` bytes of what is there of a file. */
  read(index: number, bytes: number): AsyncIterable<Uint8Array>
  /** Appends to what is there of a file, whose length is `offset`. The bytes are the caller's again when it has resolved. */
  write(index: number, offset: number, bytes: Uint8Array): MaybePromise<void>
  /** All of a file is there and right: writes it through, and puts it in its place. A file without content has had no `write`. @throws ERR_FILES_EXISTS */
  finish(index: number): MaybePromise<void>
  /** Drops what is there of a file. */
  discard(index: number): MaybePromise<void>
  /** Nothing more is asked. When the transfer is `over`, what is left of parts is dropped; else it is kept for the next time. */
  close(over: boolean): MaybePromise<void>
}
