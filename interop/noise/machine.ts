import { createHash, type Hash } from 'node:crypto'
import { toHex } from '../../lib/bytes/index.js'
import { crypto } from '../../lib/crypto/index.js'
import { MAX_MESSAGE, NoiseHandshake, noiseProtocol, type NoiseResult } from '../../lib/noise/index.js'
import { Channel, HushwireError, join, Reader, type Bytes, type Duplex } from '../../lib/stream/index.js'
import type { Report, Traffic } from './report.js'
import type { Scenario, Side, Step } from './scenario.js'

const EMPTY = new Uint8Array(0)

/** Bytes that are gathered into one write. */
const GATHERED = 65_536

/**
 * Our side on the state machines alone: NoiseHandshake and CipherState, with the framing here. It shows what is in each
 * message, and changes keys between two of them, which streams of bytes cannot.
 */
export async function machine (duplex: Duplex, scenario: Scenario, side: Side): Promise<Report> {
  const frames = new Frames(duplex, scenario.prefix)
  const talk = new Talk(frames, side)
  const report = { stage: 'handshake' as Report['stage'], handshakeHash: '', remoteStatic: '', payloads: [] as string[] }
  const ended = (): Report => ({ ...report, sent: talk.sent.total(), received: talk.received.total() })
  try {
    const result = await handshake(frames, scenario, side, payload => { report.payloads.push(toHex(payload)) })
    report.handshakeHash = toHex(result.handshakeHash)
    report.remoteStatic = toHex(result.remoteStatic ?? EMPTY)
    report.stage = 'transport'
    talk.keys = result
    for (const step of scenario.steps) await talk.step(step)
    report.stage = 'end'
    await frames.end()
    report.stage = 'done'
    return ended()
  } catch (error) {
    frames.fail(error)
    const code = error instanceof HushwireError ? error.code : ''
    const kind = code.startsWith('ERR_NOISE_') ? 'refused' : /^ERR_(TRUNCATED|TRANSPORT_)/.test(code) ? 'ended' : 'other'
    return { ...ended(), kind, error: error instanceof Error ? error.message : String(error) }
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

/** The steps after the handshake, and what went over. */
class Talk {
  readonly sent = new Tally()
  readonly received = new Tally()
  keys: NoiseResult | undefined
  readonly #frames: Frames
  readonly #side: Side

  constructor (frames: Frames, side: Side) {
    this.#frames = frames
    this.#side = side
  }

  async step (step: Step): Promise<void> {
    if (step.do === 'rekey') {
      this.#keys.send.rekey()
      this.#keys.receive.rekey()
    } else if (step.do === 'send') {
      await this.#send(step)
    } else if (step.do === 'receive') {
      await this.#receive(step)
    } else {
      await Promise.all([this.#send(step), this.#receive(step)])
    }
  }

  get #keys (): NoiseResult {
    if (this.keys === undefined) throw new Error('no keys before the end of the handshake')
    return this.keys
  }

  async #send ({ messages, size }: { readonly messages: number, readonly size: number }): Promise<void> {
    const message = crypto.randomBytes(size)
    const view = new DataView(message.buffer, message.byteOffset)
    for (let index = 0; index < messages; index++) {
      view.setUint32(0, index)
      const sealed = join(this.#keys.send.seal(EMPTY, [message]))
      if (index === this.#side.tamperAt) sealed[0] = (sealed[0] ?? 0) ^ 1
      this.sent.count(message)
      await this.#frames.write(sealed)
    }
  }

  async #receive ({ messages, size }: { readonly messages: number, readonly size: number }): Promise<void> {
    for (let index = 0; index < messages; index++) {
      const message = join(this.#keys.receive.open(EMPTY, [await this.#frames.read()]))
      if (message.byteLength !== size) throw new Error(`a message of ${message.byteLength} bytes where ${size} were to come`)
      this.received.count(message)
    }
  }
}

/** Length-prefixed messages on a duplex. */
class Frames {
  readonly #reader: Reader
  readonly #prefix: 2 | 4
  readonly #writes = new Channel<Bytes>({ maxItems: 4 })
  readonly #written: Promise<void>
  readonly #duplex: Duplex
  #gathered: Uint8Array[] = []
  #size = 0

  constructor (duplex: Duplex, prefix: 2 | 4) {
    this.#duplex = duplex
    this.#prefix = prefix
    this.#reader = new Reader(duplex.source)
    this.#written = duplex.sink(this.#writes)
    this.#written.catch((error: unknown) => { this.#writes.fail(error as Error, { discard: true }) })
  }

  /** Takes a message; it is sent with those after it, before the next read at the latest. */
  async write (message: Uint8Array): Promise<void> {
    const length = message.byteLength
    const prefix = new Uint8Array(this.#prefix)
    if (this.#prefix === 2) new DataView(prefix.buffer).setUint16(0, length)
    else new DataView(prefix.buffer).setUint32(0, length)
    this.#gathered.push(prefix, message)
    this.#size += length
    if (this.#size >= GATHERED) await this.flush()
  }

  async read (): Promise<Uint8Array> {
    await this.flush()
    const prefix = await this.#reader.read(this.#prefix)
    const length = prefix.reduce((sum, byte) => sum * 256 + byte, 0)
    if (length > MAX_MESSAGE) throw new Error(`a message of ${length} bytes`)
    return this.#reader.read(length)
  }

  async flush (): Promise<void> {
    if (this.#gathered.length === 0) return
    const bytes = join(this.#gathered)
    this.#gathered = []
    this.#size = 0
    await this.#writes.push(bytes)
  }

  /** Half-closes, and waits for the end of the other side, which has nothing more to say. */
  async end (): Promise<void> {
    await this.flush()
    this.#writes.end()
    for await (const bytes of this.#reader.rest()) if (bytes.byteLength > 0) throw new Error('bytes after the last step')
    await this.#written
    await this.#duplex.close()
  }

  fail (error: unknown): void {
    const reason = error instanceof Error ? error : new Error(String(error))
    this.#writes.fail(reason, { discard: true })
    this.#duplex.abort(reason)
  }
}

class Tally {
  readonly #hash: Hash = createHash('sha256')
  #messages = 0
  #bytes = 0

  count (message: Uint8Array): void {
    this.#messages++
    this.#bytes += message.byteLength
    this.#hash.update(message)
  }

  total (): Traffic {
    return { messages: this.#messages, bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') }
  }
}
