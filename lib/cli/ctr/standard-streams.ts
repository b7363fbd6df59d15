import type { Readable, Writable } from 'node:stream'
import { asError } from '../../stream/index.js'
import { cliError } from '../errors.js'

/** The chunks of an input. @throws ERR_CLI_INPUT */
export async function * chunksOf (input: Readable): AsyncGenerator<Uint8Array, void> {
  try {
    yield * input as AsyncIterable<Uint8Array>
  } catch (error) {
    throw cliError('ERR_CLI_INPUT', (error as { code?: string }).code, error)
  }
}

/** Writes to an output at its pace. */
export class Output {
  readonly #stream: Writable
  #error: Error | undefined

  constructor (stream: Writable) {
    this.#stream = stream
    // a pipe whose reader has gone
    stream.on('error', error => { this.#error ??= cliError('ERR_CLI_OUTPUT', (error as { code?: string }).code, error) })
  }

  /** Resolves when the stream has taken it. @throws ERR_CLI_OUTPUT */
  write (bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#error !== undefined) {
        reject(this.#error)
        return
      }
      this.#stream.write(bytes, error => {
        if (error === null || error === undefined) resolve()
        // the stream's own event may come later than this
        else reject(this.#error ?? cliError('ERR_CLI_OUTPUT', (error as { code?: string }).code, asError(error)))
      })
    })
  }
}
