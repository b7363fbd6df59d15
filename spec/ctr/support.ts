import { connectionBlock, ctrPeer, FrameOpener, FrameSealer, SharedBlock, type CtrFrame, type CtrPeer, type CtrPeerOptions, type DirectionOptions, type OpenerOptions } from '../../lib/ctr/index.js'
import { deferred, join, type Bytes } from '../../lib/stream/index.js'
import { memoryPair, type MemoryPairOptions } from '../../lib/transport/memory.js'
import { pattern } from '../support/sources.js'

export const SECRET = pattern(64)
/** A half like any other. */
export const HALF = pattern(100).subarray(20)

/** The block of one connection, anew for each party. */
export function freshBlock (): SharedBlock {
  return new SharedBlock(connectionBlock(SECRET, { top: pattern(32), bottom: pattern(33).subarray(1) }))
}

export function frame (code: number, payload: Uint8Array): CtrFrame {
  return { code, payload }
}

/** Frames as on the wire, each on its own. */
export function sealedFrames (frames: readonly CtrFrame[], options: DirectionOptions = {}, half = HALF): Uint8Array[] {
  const sealer = new FrameSealer(half, options)
  return frames.map(each => new Uint8Array(sealer.seal(each).subarray()))
}

export interface Opened {
  readonly frames: Array<{ code: number, payload: Uint8Array }>
  /** The code of the error that it ended with. */
  readonly error: string | undefined
}

/** What an opener makes of chunks, its end included. */
export function openedFrom (chunks: Iterable<Uint8Array>, options: OpenerOptions = {}, half = HALF): Opened {
  const opener = new FrameOpener(half, options)
  const frames: Opened['frames'] = []
  try {
    for (const chunk of chunks) {
      // a chunk is its producer's again afterwards
      const lent = new Uint8Array(chunk)
      opener.push(lent)
      for (let next = opener.next(); next !== undefined; next = opener.next()) frames.push({ code: next.code, payload: new Uint8Array(next.payload.subarray()) })
      lent.fill(0xee)
    }
    opener.end()
    return { frames, error: undefined }
  } catch (error) {
    return { frames, error: (error as { code?: string }).code ?? String(error) }
  }
}

/** Bytes cut into chunks of these lengths, again and again. */
export function * chunked (bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, index = 0; at < bytes.byteLength; index++) {
    const length = lengths.length === 0 ? bytes.byteLength : lengths[index % lengths.length] as number
    yield bytes.subarray(at, at + length)
    at += length
  }
}

/** The same with one bit turned around. */
export function flipped (bytes: Uint8Array, at: number, bit = 0): Uint8Array {
  const copy = new Uint8Array(bytes)
  copy[at] = (copy[at] as number) ^ 1 << bit
  return copy
}

/** Two peers over memory. */
export async function peerPair (options: Partial<CtrPeerOptions> = {}, memory: MemoryPairOptions = {}): Promise<[top: CtrPeer, bottom: CtrPeer]> {
  const [left, right] = memoryPair(memory)
  return Promise.all([
    ctrPeer(left, { secret: SECRET, ...options, role: 'top' } as CtrPeerOptions),
    ctrPeer(right, { secret: SECRET, ...options, role: 'bottom' } as CtrPeerOptions)
  ])
}

/** A peer whose other side is this test: what comes is sealed by hand, and can be anything. */
export async function lonePeer (options: Partial<CtrPeerOptions> = {}, memory: MemoryPairOptions = {}): Promise<{ peer: CtrPeer, seal: (...frames: CtrFrame[]) => Uint8Array, wire: ReturnType<typeof memoryPair>[0] }> {
  const [wire, right] = memoryPair(memory)
  const { send } = freshBlock().take('top')
  const sealer = new FrameSealer(send)
  const peer = await ctrPeer(right, { ...options, block: freshBlock(), role: 'bottom' } as CtrPeerOptions)
  return { peer, wire, seal: (...frames) => join(frames.map(each => new Uint8Array(sealer.seal(each).subarray()))) }
}

/** A sink that is fed by hand, and goes on. */
export function feed (wire: { sink(source: AsyncIterable<Bytes>): Promise<void> }): { write(bytes: Uint8Array): Promise<void>, end(): void } {
  let asked = deferred<(bytes: Uint8Array | undefined) => void>()
  const source = (async function * () {
    for (;;) {
      const given = deferred<Uint8Array | undefined>()
      asked.resolve(given.resolve)
      const bytes = await given.promise
      if (bytes === undefined) return
      yield bytes
    }
  })()
  void wire.sink(source).catch(() => {})
  return {
    write: async bytes => {
      const give = await asked.promise
      asked = deferred()
      give(bytes)
      // asked again: it is on its way
      await asked.promise
    },
    end: () => { void asked.promise.then(give => { give(undefined) }) }
  }
}
