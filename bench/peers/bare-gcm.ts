import { createCipheriv, createDecipheriv, createSecretKey } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { now } from '../harness/clock.js'
import type { ClientOptions, PeerClient, PeerServer, Work } from './peer.js'
import { drained, placeOf } from './sockets.js'
import { chunks, Tally } from './tally.js'

// The least that frames of AES-256-GCM over node:net can be: callbacks, a length before each frame, nothing else.

const FRAME = 65_536
const TAG = 16
const KEY = createSecretKey(Buffer.alloc(32, 7))
const OPTIONS = { authTagLength: TAG }

class Counter {
  readonly #nonce = Buffer.alloc(12)
  #count = 0

  next (): Buffer {
    this.#nonce.writeUInt32BE(this.#count++, 8)
    return this.#nonce
  }
}

/** Gathers frames out of what comes, and opens each from the pieces that it lies in. */
class Opener {
  readonly #nonce = new Counter()
  readonly #tally: Tally
  #pieces: Buffer[] = []
  #length = 0

  constructor (tally: Tally) {
    this.#tally = tally
  }

  push (bytes: Buffer): void {
    this.#pieces.push(bytes)
    this.#length += bytes.byteLength
    while (this.#length >= 4) {
      const size = this.#peek()
      if (this.#length < 4 + size) return
      this.#take(4)
      this.#open(this.#take(size - TAG), this.#take(TAG))
    }
  }

  #peek (): number {
    const [first] = this.#pieces
    if (first !== undefined && first.byteLength >= 4) return first.readUInt32BE(0)
    this.#pieces = [Buffer.concat(this.#pieces)]
    return this.#peek()
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

  #open (sealed: readonly Buffer[], tag: readonly Buffer[]): void {
    const decipher = createDecipheriv('aes-256-gcm', KEY, this.#nonce.next(), OPTIONS)
    decipher.setAuthTag(tag.length === 1 ? tag[0] as Buffer : Buffer.concat(tag))
    let bytes = 0
    for (const piece of sealed) bytes += decipher.update(piece).byteLength
    decipher.final()
    this.#tally.bytes(bytes)
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

/** The client, for bulk alone. */
export async function client ({ place }: ClientOptions): Promise<Pick<PeerClient, 'send'>> {
  const socket = connect({ port: place.port, host: '127.0.0.1', noDelay: true })
  await once(socket, 'connect')
  const nonce = new Counter()
  return { send: work => send(socket, nonce, work) }
}

async function send (socket: Socket, nonce: Counter, work: Work): Promise<number> {
  const from = now()
  for (const chunk of chunks(work)) {
    for (let at = 0; at < chunk.byteLength; at += FRAME) {
      if (!sealInto(socket, nonce, chunk.subarray(at, at + FRAME))) await drained(socket)
    }
  }
  return from
}

function sealInto (socket: Socket, nonce: Counter, plaintext: Uint8Array): boolean {
  const cipher = createCipheriv('aes-256-gcm', KEY, nonce.next(), OPTIONS)
  const sealed = cipher.update(plaintext)
  cipher.final()
  const header = Buffer.allocUnsafe(4)
  header.writeUInt32BE(sealed.byteLength + TAG)
  socket.cork()
  socket.write(header)
  socket.write(sealed)
  const more = socket.write(cipher.getAuthTag())
  socket.uncork()
  return more
}
