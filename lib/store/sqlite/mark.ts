import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs'
import { join } from '../../stream/index.js'
import { numberIn, u64 } from '../keys.js'
import { checksum } from './checksum.js'

const MARK_BYTES = 16
const LABEL = new TextEncoder().encode('hushwire/commits')

/**
 * How many transactions have been acknowledged, in a file beside the database: 8 bytes, then their checksum as 8. It is
 * written after each commit and not synced, so after a loss of power it may be behind, and is never ahead. A database that
 * is behind it has lost what was acknowledged: SQLite drops what follows the first damaged part of its log in silence.
 */
export class Mark {
  readonly #file: number
  /** 0 when there is none that can be read. */
  readonly found: number

  /** @throws what opening a file does */
  constructor (path: string) {
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    const bytes = new Uint8Array(MARK_BYTES)
    const whole = readSync(this.#file, bytes, 0, MARK_BYTES, 0) === MARK_BYTES
    this.found = whole && numberIn(bytes, 8) === checksum(LABEL, bytes.subarray(0, 8)) ? numberIn(bytes, 0) : 0
  }

  write (commits: number): void {
    const count = u64(commits)
    try {
      writeSync(this.#file, join([count, u64(checksum(LABEL, count))]), 0, MARK_BYTES, 0)
    } catch {
      // the commit stands; a mark that is behind raises no false alarm
    }
  }

  close (): void {
    try {
      closeSync(this.#file)
    } catch {
      // as above
    }
  }
}
