import { Outcome, type MaybePromise } from '../stream/index.js'
import { all } from './held.js'
import type { Frame } from './frame.js'
import type { OpenedFrame, Opening } from './opening.js'
import type { Sealing } from './sealing.js'

// Both halves of a cipher whose key comes after the first frames: with the seed's handshake it is those that bring it about.

/** A key that is yet to come. */
export class LateKey {
  /** Frames that each side sends in the clear before. */
  readonly handshakeFrames: number
  readonly #come = new Outcome()

  constructor (handshakeFrames: number) {
    this.handshakeFrames = handshakeFrames
  }

  /** Resolves when it is there. */
  get promise (): Promise<void> { return this.#come.promise }

  come (): void { this.#come.resolve() }
  fail (reason: Error): void { this.#come.reject(reason) }
}

/** Passes the first frames as they are, then waits for the key. */
export async function * sealLate (source: AsyncIterable<Frame[]>, sealing: Sealing, key: LateKey): AsyncGenerator<Frame[]> {
  let plain = 0
  for await (const batch of source) {
    const sealed: Array<MaybePromise<Frame>> = []
    for (const frame of batch) {
      if (!sealing.keyed && plain < key.handshakeFrames) {
        plain++
        sealed.push(frame)
        continue
      }
      if (!sealing.keyed) {
        // the handshake frames must be out for the key to come
        if (sealed.length > 0) yield await Promise.all(sealed.splice(0))
        await key.promise
      }
      sealed.push(sealing.one(frame))
    }
    yield await all(sealed)
  }
}

/** Passes the first frames as they are, then waits for the key. */
export async function * openLate (source: AsyncIterable<Frame[]>, opening: Opening, key: LateKey): AsyncGenerator<OpenedFrame[]> {
  let plain = 0
  for await (const batch of source) {
    let opened: Array<MaybePromise<OpenedFrame>> = []
    for (const frame of batch) {
      if (!opening.keyed && plain >= key.handshakeFrames && !opening.mixed) {
        // after the peer's last handshake frame: this one is for the key that the handshake brings about
        const given = opening.given(opened as OpenedFrame[])
        if (given.length > 0) yield given
        opening.before()
        opened = []
        await key.promise
      }
      if (!frame.encrypted) plain++
      const one = opening.one(frame)
      // a control frame may change the key of all that follow
      if (one instanceof Promise && opening.sequenced && frame.packetNonce === 0) opened.push(await one)
      else opened.push(one)
    }
    const given = opening.given(await all(opened))
    if (given.length > 0) yield given
    opening.before()
  }
}
