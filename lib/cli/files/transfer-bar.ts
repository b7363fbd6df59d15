import { basename } from 'node:path/posix'
import { amountOf, durationOf, type FilesProgress } from '../../files/index.js'
import type { Output, Progress } from '../terminal/output.js'
import { Rate } from './rate.js'

/** Milliseconds between two drawings, and between two events. */
const DRAW_INTERVAL = 100
const EVENT_INTERVAL = 500

/** The bar of one transfer, with the name of the file that is on its way, rate and time left; `progress` events with `--json`. */
export class TransferBar {
  readonly #output: Output
  readonly #about: object
  #begun: number | undefined
  #rate = new Rate()
  #bar: Progress | undefined
  #drawn = -Infinity
  #bytes = 0

  /** @param about - fields of each event */
  constructor (output: Output, about: object) {
    this.#output = output
    this.#about = about
  }

  /** Milliseconds since it was updated first. */
  get time (): number { return this.#begun === undefined ? 0 : performance.now() - this.#begun }

  update (progress: FilesProgress): void {
    const now = performance.now()
    this.#begun ??= now
    // another stream: what is over there was counted anew
    if (progress.bytes < this.#bytes) this.#rate = new Rate()
    this.#bytes = progress.bytes
    this.#rate.sample(progress.bytes, now)
    if (now - this.#drawn < (this.#output.json ? EVENT_INTERVAL : DRAW_INTERVAL)) return
    this.#drawn = now
    if (this.#output.json) this.#event(progress)
    else this.#draw(progress)
  }

  /** Takes it away, until it is updated again. */
  stop (): void {
    this.#bar?.stop()
    this.#bar = undefined
    this.#drawn = -Infinity
    this.#rate = new Rate()
  }

  #draw ({ path, bytes, size, files, fileCount }: FilesProgress): void {
    this.#bar ??= this.#output.progress('', size, amountOf)
    const rate = this.#rate.perSecond
    const name = fileCount > 1 ? `${Math.min(files + 1, fileCount)}/${fileCount} ${basename(path)}` : basename(path)
    this.#bar.update(bytes, name, rate === 0 ? '' : `${amountOf(rate)}/s ${durationOf((size - bytes) / rate)}`)
  }

  #event ({ path, fileBytes, fileSize, bytes, size, files, fileCount }: FilesProgress): void {
    this.#output.event('progress', { ...this.#about, file: path, fileBytes, fileSize, bytes, size, files, fileCount, rate: Math.round(this.#rate.perSecond) })
  }
}
