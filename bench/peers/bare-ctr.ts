import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { sha256 } from '@noble/hashes/sha2.js'
import { now } from '../harness/clock.js'
import type { ClientOptions, PeerClient, PeerServer, Work } from './peer.js'
import { drained, placeOf } from './sockets.js'
import { chunks, Tally } from './tally.js'

// The least that frames of AES-CTR with a SHA-256 in JavaScript over node:net can be: callbacks, one key, no chain.

const HEADER = 16
const MAC = 8
const KEY = createSecretKey(Buffer.alloc(32, 7))

/** A counter block for each frame, so that none comes twice. */
class Blocks {
  readonly #block = Buffer.alloc(16)
  #count = 0

  next (): Buffer {
    this.#block.writeUInt32BE(this.#count++, 4)
    return this.#block
  }
}

/** Gathers frames out of what comes; each begins with a header that says how long it is. */
class Opener {
  readonly #blocks = new Blocks()
  readonly #tally: Tally
  #pieces: Buffer[] = []
  #length = 0
  #frame: { decipher: ReturnType<typeof createDecipheriv>, header: Buffer, size: number } | undefined

  constructor (tally: Tally) {
    this.#tally = tally
  }

  push (bytes: Buffer): void {
    this.#pieces.push(bytes)
    this.#length += bytes.byteLength
    for (;;) {
      if (this.#frame === undefined) {
        if (this.#length < HEADER) return
        const decipher = createDecipheriv('aes-256-ctr', KEY, this.#blocks.next())
        const header = decipher.update(Buffer.concat(this.#take(HEADER)))
        this.#frame = { decipher, header, size: header.readUInt32BE(0) }
      }
      const { decipher, header, size } = this.#frame
      if (this.#length < size + MAC) return
      const hash = sha256.create().update(header)
      for (const piece of this.#take(size)) hash.update(decipher.update(piece))
      const mac = decipher.update(Buffer.concat(this.#take(MAC)))
      if (mac.compare(hash.digest(), 0, MAC) !== 0) throw new Error('the mac is wrong')
      this.#frame = undefined
      this.#tally.bytes(size)
    }
  }

  #take (length: number): Buffer[] {
    const taken: Buffer[] = []
    for (let left = length; left > 0;) {
      const first = this.#pieces[0] as Buffer
      const piece = first.subarray(0, left)
      taken.push(piece)
      left -= piece.byteLength
      if (piece.byteLength === first.byteLength) this.#pieces.shift()
      else this.#pieces[0] = first.subarray(piece.byteLength)
    }
    this.#length -= length
    return taken
  }
}

/** The server. */
export async function server (): Promise<PeerServer> {
  const tally = new Tally()
  const listener = createServer(socket => {
    const opener = new Opener(tally)
    socket.on('data', bytes => { opener.push(bytes) })
    socket.on('error', () => { socket.destroy() })
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    place: async () => placeOf(listener),
    expect: async work => { tally.expect(work, true) },
    arrived: () => tally.arrived()
  }
}

/** The client, for bulk alone: each chunk is a frame. */
export async function client ({ place }: ClientOptions): Promise<Pick<PeerClient, 'send'>> {
  const socket = connect({ port: place.port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const blocks = new Blocks()
  return { send: work => send(socket, blocks, work) }
}

async function send (socket: Socket, blocks: Blocks, work: Work): Promise<number> {
  const from = now()
  for (const chunk of chunks(work)) if (!sealInto(socket, blocks, chunk)) await drained(socket)
  return from
}

function sealInto (socket: Socket, blocks: Blocks, payload: Uint8Array): boolean {
  const cipher = createCipheriv('aes-256-ctr', KEY, blocks.next())
  const header = Buffer.alloc(HEADER)
  header.writeUInt32BE(payload.byteLength)
  const mac = sha256.create().update(header).update(payload).digest().subarray(0, MAC)
  socket.cork()
  socket.write(cipher.update(header))
  socket.write(cipher.update(payload))
  const more = socket.write(cipher.update(mac))
  socket.uncork()
  return more
}
