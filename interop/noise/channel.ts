import { noiseChannel, noiseProtocol, type NoiseChannel } from '../../lib/noise/index.js'
import { Channel, ignore, Reader, type Bytes } from '../../lib/stream/index.js'
import type { OpenWire, Wire } from './our-side.js'

/** The channel layer, which is what users have: a duplex of bytes that cuts and gathers messages as it likes. */
export const openChannel: OpenWire = async (duplex, { protocol: name, prefix, steps, rekeyAfter }, side, onPayload) => {
  const protocol = noiseProtocol(name)
  const payloads = [...side.payloads]
  const manualRekey = rekeyAfter === undefined && steps.some(step => step.do === 'rekey')
  const comes = protocol.pattern.messages.some((tokens, message) => (message % 2 === 0) === (side.role === 'responder') && tokens.includes('s'))
  return new ChannelWire(await noiseChannel(duplex, {
    protocol,
    role: side.role,
    prologue: side.prologue,
    staticKey: side.staticKey,
    remoteStatic: side.remoteStatic,
    psks: side.psks,
    payload: () => payloads.shift() ?? new Uint8Array(0),
    received: onPayload,
    verify: comes ? () => true : undefined,
    lengthBytes: prefix,
    end: 'unauthenticated',
    rekeyAfter,
    manualRekey
  }), manualRekey)
}

/** Where the keys change, among what is written. */
const NEW_KEYS = 'new keys'

class ChannelWire implements Wire {
  readonly handshakeHash: Uint8Array
  readonly remoteStatic: Uint8Array | undefined
  readonly #channel: NoiseChannel
  readonly #manualRekey: boolean
  readonly #reader: Reader
  readonly #writes = new Channel<Bytes | typeof NEW_KEYS>()
  readonly #written: Promise<void>

  /** @param manualRekey - unless so, the channel changes its keys by itself where it is to */
  constructor (channel: NoiseChannel, manualRekey: boolean) {
    this.#manualRekey = manualRekey
    this.handshakeHash = channel.handshakeHash
    this.remoteStatic = channel.remoteStatic
    this.#channel = channel
    this.#reader = new Reader(channel.source)
    this.#written = channel.sink(this.#items())
    this.#written.catch(ignore)
  }

  async write (message: Uint8Array): Promise<void> {
    await this.#writes.push(message)
  }

  read (size: number): Promise<Uint8Array> {
    return this.#reader.read(size)
  }

  rekey (): void {
    if (!this.#manualRekey) return
    void this.#writes.push(NEW_KEYS)
    this.#channel.rekey('receive')
  }

  async end (): Promise<void> {
    this.#writes.end()
    for await (const bytes of this.#reader.rest()) if (bytes.byteLength > 0) throw new Error('bytes after the last step')
    await this.#written
    await this.#channel.close()
    await this.#channel.closed
  }

  abort (reason: Error): void {
    this.#writes.fail(reason, { discard: true })
    this.#channel.abort(reason)
  }

  async * #items (): AsyncGenerator<Bytes> {
    for await (const item of this.#writes) {
      if (item === NEW_KEYS) this.#channel.rekey('send')
      else yield item
    }
  }
}
