import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { noise, inTurns, timed } from './tally.js'
import type { ClientOptions, Place, RoundTrips } from './peer.js'
import { drained, placeOf } from './sockets.js'

// A TCP service and who uses it, with whatever is in question between them: a tunnel, a proxy, nothing.

const DOWNLOAD = 1
const ECHO = 2
const CHUNK = 262_144

/** The service. */
export interface FarService { place(): Promise<Place> }

/** Who uses it. */
export interface NearUser {
  /** Downloads so many bytes; seconds. */
  download(bytes: number): Promise<number>
  /** Connects so often, `inFlight` at a time, each for one byte there and back; seconds. */
  connects(count: number, inFlight: number): Promise<number>
  /** Messages there and back on one connection. */
  echo(count: number, size: number): Promise<RoundTrips>
}

/** The service's process. */
export async function service (): Promise<FarService> {
  const listener = createServer({ noDelay: true }, socket => {
    socket.on('error', () => { socket.destroy() })
    socket.once('data', first => { serve(socket, first).catch(() => { socket.destroy() }) })
  }).listen(0, '127.0.0.1', 511)
  await once(listener, 'listening')
  return { place: async () => placeOf(listener) }
}

async function serve (socket: Socket, first: Buffer): Promise<void> {
  if (first[0] === ECHO) {
    if (first.byteLength > 1) socket.write(first.subarray(1))
    socket.pipe(socket)
    return
  }
  const chunk = noise(CHUNK)
  for (let left = first.readDoubleBE(1); left > 0; left -= CHUNK) {
    if (!socket.write(chunk.subarray(0, left))) await drained(socket)
  }
  socket.end()
}

/** The user's process. */
export async function user ({ place }: ClientOptions): Promise<NearUser> {
  const dial = async (): Promise<Socket> => {
    const socket = connect({ port: place.port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    return socket
  }
  return {
    download: async bytes => {
      const from = performance.now()
      const socket = await dial()
      const asked = Buffer.alloc(9, DOWNLOAD)
      asked.writeDoubleBE(bytes, 1)
      socket.write(asked)
      let come = 0
      socket.on('data', chunk => { come += chunk.byteLength })
      await once(socket, 'end')
      if (come !== bytes) throw new Error(`${come} of ${bytes} bytes have come`)
      socket.end()
      return (performance.now() - from) / 1000
    },
    connects: async (count, inFlight) => {
      const from = performance.now()
      await inTurns(count, inFlight, async () => {
        const socket = await dial()
        socket.write(Buffer.of(ECHO, 7))
        await once(socket, 'data')
        socket.end()
        await once(socket, 'close')
      })
      return (performance.now() - from) / 1000
    },
    echo: async (count, size) => {
      const socket = await dial()
      socket.write(Buffer.of(ECHO))
      const message = noise(size)
      const times = await timed(count, async () => {
        socket.write(message)
        for (let left = size; left > 0;) left -= (await once(socket, 'data') as [Buffer])[0].byteLength
      })
      socket.destroy()
      return times
    }
  }
}
