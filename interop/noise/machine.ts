import { type CipherState, MAX_MESSAGE, NoiseHandshake, noiseProtocol, type NoiseResult } from '../../lib/noise/index.js'
import { Channel, ignore, join, Reader, type Bytes, type Duplex } from '../../lib/stream/index.js'
import type { OpenWire, Wire } from './our-side.js'
import type { Scenario, Side } from './scenario.js'

const EMPTY = new Uint8Array(0)

/** Bytes that are gathered into one write. */
const GATHERED = 65_536

/** The state machines alone, NoiseHandshake and CipherState, with the framing here: each message is what the other side made. */
export const openMachine: OpenWire = async (duplex, scenario, side, onPayload) => {
  const frames = new Frames(duplex, scenario.prefix)
  try {
    return new MachineWire(frames, await handshake(frames, scenario, side, onPayload), side.tamperAt)
  } catch (error) {
    frames.abort(error as Error)
    throw error
  }
}

async function handshake (frames: Frames, scenario: Scenario, side: Side, onPayload: (payload: Uint8Array) => void): Promise<NoiseResult> {
  const payloads = [...side.payloads]
  const noise = new NoiseHandshake({
    protocol: noiseProtocol(scenario.protocol),
    role: side.role,
    prologue: side.prologue,
    staticKey: side.staticKey,
    remoteStatic: side.remoteStatic,
    psks: side.psks,
    payload: () => payloads.shift() ?? EMPTY,
    received: onPayload
  })
  while (noise.turn !== 'done') {
    if (noise.turn === 'write') await frames.write(noise.write())
    else await noise.read(await frames.read())
  }
  return noise.result()
}

class MachineWire implements Wire {
  readonly handshakeHash: Uint8Array
  readonly remoteStatic: Uint8Array | undefined
  readonly #frames: Frames
  readonly #send: CipherState
  readonly #receive: CipherState
  readonly #tamperAt: number | undefined
  #sent = 0

  constructor (frames: Frames, { handshakeHash, remoteStatic, send, receive }: NoiseResult, tamperAt: number | undefined) {
    this.handshakeHash = handshakeHash
    this.remoteStatic = remoteStatic
    this.#frames = frames
    this.#send = send
    this.#receive = receive
    this.#tamperAt = tamperAt
  }

  async write (message: Uint8Array): Promise<void> {
    const sealed = join(this.#send.seal(EMPTY, [message]))
    if (this.#sent++ === this.#tamperAt) sealed[0] = (sealed[0] ?? 0) ^ 1
    await this.#frames.write(sealed)
  }

  async read (size: number): Promise<Uint8Array> {
    const message = join(this.#receive.open(EMPTY, [await this.#frames.read()]))
    if (message.byteLength !== size) throw new Error(`a message of ${message.byteLength} bytes where ${size} were to come`)
    return message
  }

  rekey (): void {
    this.#send.rekey()
    this.#receive.rekey()
  }

  end (): Promise<void> { return this.#frames.end() }
  abort (reason: Error): void { this.#frames.abort(reason) }
}

/** Length-prefixed messages on a duplex. */
class Frames {
  readonly #duplex: Duplex
  readonly #prefix: 2 | 4
  readonly #reader: Reader
  readonly #writes = new Channel<Bytes>({ maxItems: 4 })
  readonly #written: Promise<void>
  #gathered: Uint8Array[] = []
  #size = 0

  constructor (duplex: Duplex, prefix: 2 | 4) {
    this.#duplex = duplex
    this.#prefix = prefix
    this.#reader = new Reader(duplex.source)
    this.#written = duplex.sink(this.#writes)
    this.#written.catch(ignore)
  }

  async write (message: Uint8Array): Promise<void> {
    const prefix = new Uint8Array(this.#prefix)
    if (this.#prefix === 2) new DataView(prefix.buffer).setUint16(0, message.byteLength)
    else new DataView(prefix.buffer).setUint32(0, message.byteLength)
    this.#gathered.push(prefix, message)
    this.#size += message.byteLength
    if (this.#size >= GATHERED) await this.#flush()
  }

  async read (): Promise<Uint8Array> {
    await this.#flush()
    const prefix = await this.#reader.read(this.#prefix)
    const length = prefix.reduce((sum, byte) => sum * 256 + byte, 0)
    if (length > MAX_MESSAGE) throw new Error(`a message of ${length} bytes`)
    return this.#reader.read(length)
  }

  async end (): Promise<void> {
    await this.#flush()
    this.#writes.end()
    for await (const bytes of this.#reader.rest()) if (bytes.byteLength > 0) throw new Error('bytes after the last step')
    await this.#written
    await this.#duplex.close()
  }

  abort (reason: Error): void {
    this.#writes.fail(reason, { discard: true })
    this.#duplex.abort(reason)
  }

  async #flush (): Promise<void> {
    if (this.#gathered.length === 0) return
    const bytes = join(this.#gathered)
    this.#gathered = []
    this.#size = 0
    await this.#writes.push(bytes)
  }
}
