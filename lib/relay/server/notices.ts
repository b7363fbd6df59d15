import { uuidKey, type Uuid } from '../../bytes/index.js'
import { KIND, type NovaLink } from '../../nova/index.js'
import { SparseMap } from '../../stream/index.js'
import { encodePresence } from '../wire/index.js'
import { fromRelay } from './from-relay.js'

/** Who has come or gone, on its way to one connection: of each id the last word, however slow the connection is. */
export class Notices {
  readonly #link: NovaLink
  readonly #waiting = new SparseMap<string, { readonly id: Uuid, readonly online: boolean }>()
  #held = false
  #sending = false

  constructor (link: NovaLink) {
    this.#link = link
  }

  push (id: Uuid, online: boolean): void {
    const key = uuidKey(id)
    this.#waiting.delete(key)
    this.#waiting.set(key, { id: new Uint8Array(id), online })
    void this.#send()
  }

  /** Sends nothing until `release`: what waited is of no use any more. */
  hold (): void {
    this.#held = true
    this.#waiting.clear()
  }

  release (): void {
    this.#held = false
    void this.#send()
  }

  async #send (): Promise<void> {
    if (this.#sending) return
    this.#sending = true
    try {
      for (let first = this.#next(); first !== undefined; first = this.#next()) {
        this.#waiting.delete(first.key)
        await this.#link.send(fromRelay(KIND.presence), encodePresence(first.push))
      }
    } catch {
      // the connection is gone, or as good as gone
      this.#waiting.clear()
    } finally {
      this.#sending = false
    }
  }

  #next (): { readonly key: string, readonly push: { readonly id: Uuid, readonly online: boolean } } | undefined {
    if (this.#held) return undefined
    for (const [key, push] of this.#waiting) return { key, push }
    return undefined
  }
}
