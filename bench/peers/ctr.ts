import { ctrFrames, ctrPeer, exchangeNonces, type CtrFrame } from '../../lib/ctr/index.js'
import { link, type Duplex } from '../../lib/stream/index.js'
import { dialTcp, listenTcp } from '../../lib/transport/tcp.js'
import { now } from '../harness/clock.js'
import type { ClientOptions, PeerClient, PeerServer, Work } from './peer.js'
import { chunks, Tally } from './tally.js'

// CTR peer frames of hushwire, either as a layer of frames or through send and receive. Each chunk is a frame.

/** Which face of it. */
export interface Face {
  readonly face: 'layer' | 'peer'
}

const SECRET = new Uint8Array(32).fill(7)
const CODE = 1

/** The server. */
export async function server ({ face }: Face): Promise<PeerServer> {
  const tally = new Tally()
  const listener = await listenTcp({}, connection => face === 'layer' ? countFrames(connection, tally) : countReceived(connection, tally))
  return {
    place: async () => ({ port: listener.port }),
    expect: async work => { tally.expect(work, true) },
    arrived: () => tally.arrived()
  }
}

async function countFrames (connection: Duplex, tally: Tally): Promise<void> {
  const { block, duplex } = await exchangeNonces(connection, { role: 'bottom', secret: SECRET })
  for await (const { payload } of link(duplex, ctrFrames({ role: 'bottom', block })).source) tally.bytes(payload.byteLength)
}

async function countReceived (connection: Duplex, tally: Tally): Promise<void> {
  const peer = await ctrPeer(connection, { role: 'bottom', secret: SECRET })
  for (let open = true; open;) {
    const { bytes, status } = await peer.receive(65_536)
    tally.bytes(bytes.byteLength)
    open = status === 'complete'
  }
}

/** The client, for bulk alone. */
export async function client ({ place, face }: ClientOptions & Face): Promise<Pick<PeerClient, 'send'>> {
  const connection = await dialTcp({ port: place.port })
  if (face === 'peer') {
    const peer = await ctrPeer(connection, { role: 'top', secret: SECRET })
    return { send: work => timed(() => peer.send(CODE, chunks(work))) }
  }
  const { block, duplex } = await exchangeNonces(connection, { role: 'top', secret: SECRET })
  const frames = new Frames()
  void link(duplex, ctrFrames({ role: 'top', block })).sink(frames)
  return { send: work => timed(() => frames.send(work)) }
}

async function timed (send: () => Promise<void>): Promise<number> {
  const from = now()
  await send()
  return from
}

/** The frames of one work after another. */
class Frames implements AsyncIterable<CtrFrame> {
  #begin: ((work: Work) => void) | undefined
  #sent: (() => void) | undefined

  send (work: Work): Promise<void> {
    return new Promise(resolve => {
      this.#sent = resolve
      this.#begin?.(work)
    })
  }

  async * [Symbol.asyncIterator] (): AsyncGenerator<CtrFrame> {
    for (;;) {
      const work = await new Promise<Work>(resolve => { this.#begin = resolve })
      for (const payload of chunks(work)) yield { code: CODE, payload }
      this.#sent?.()
    }
  }
}
