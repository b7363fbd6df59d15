import { streamError } from '../stream/index.js'

/** Bytes by which the windows of packets may grow: of one link, or of all links of a server. */
export class CreditBudget {
  #left: number
  readonly #from: CreditBudget | undefined

  /**
   * @param bytes - in all
   * @param from - a larger budget that this one's bytes come out of as well
   * @throws ERR_LIMIT_OPTION
   */
  constructor (bytes: number, from?: CreditBudget) {
    if (!(bytes >= 0)) throw streamError('ERR_LIMIT_OPTION', 'bytes of a budget')
    this.#left = bytes
    this.#from = from
  }

  /** Bytes that are left. */
  get left (): number { return Math.min(this.#left, this.#from?.left ?? Infinity) }

  /** Takes so many bytes, or as many as there are. @returns how many */
  take (bytes: number): number {
    const taken = Math.min(bytes, this.left)
    this.#left -= taken
    this.#from?.take(taken)
    return taken
  }

  /** Gives bytes back that were taken. */
  give (bytes: number): void {
    this.#left += bytes
    this.#from?.give(bytes)
  }
}
