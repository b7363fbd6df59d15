import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { formatUuid, parseUuid, toHex } from '../../bytes/index.js'
import { mlKem768 } from '../../noise/hybrid.js'
import { allowlist, createIdentity, pinned, type Message, type PeerSession } from '../../nova/index.js'
import { relayClient, type RelayClient } from '../../relay/index.js'
import { dialTcp } from '../../transport/tcp.js'
import { KINDS, LINES } from './chat.js'
import { demoError } from './errors.js'
import { measureMemory } from './memory-use.js'
import { runWorker, type Desk, type Work } from './worker.js'

const READ_BYTES = 262_144
/** Progress is told every so many bytes. */
const PROGRESS_BYTES = 1_048_576

/** A client: Alice who greets and sends, or Bob who answers and receives. */
class Client implements Work {
  readonly #desk: Desk
  readonly #memory = measureMemory()
  readonly #identity = createIdentity()
  readonly #friends = new Set<Uint8Array>()
  readonly #stop = new AbortController()
  #relay: RelayClient | undefined
  /** When the work is done the other one may leave first. */
  #finishing = false

  constructor (desk: Desk) {
    this.#desk = desk
  }

  async obey (order: Parameters<Work['obey']>[0]): Promise<void> {
    if (order.type === 'connect') await this.#connect(order.port, Buffer.from(order.relayKey, 'base64'), order.postQuantum)
    else if (order.type === 'send') await this.#send(parseUuid(order.peer), order.file)
    else if (order.type === 'receive') await this.#receive(parseUuid(order.peer))
    else if (order.type === 'finish') await this.#finish()
  }

  async release (error: Error | undefined): Promise<void> {
    this.#finishing = true
    if (error !== undefined) this.#stop.abort(error)
    await this.#relay?.close()
    this.#identity.destroy()
  }

  async #connect (port: number, relayKey: Uint8Array, required: boolean): Promise<void> {
    const { signal } = this.#stop
    const postQuantum = required ? { mode: 'required', kem: mlKem768 } as const : undefined
    const relay = await relayClient(await dialTcp({ port, signal }), {
      signal,
      identity: this.#identity,
      verify: pinned(relayKey),
      verifyPeer: allowlist(this.#friends),
      postQuantum,
      peerPostQuantum: postQuantum
    })
    this.#relay = relay
    this.#watch(relay.closed)
    this.#desk.report({ type: 'connected', id: formatUuid(this.#identity.id), protocol: relay.link.protocol ?? '' })
  }

  /** Nothing may end before the work is done. */
  #watch (closed: Promise<void>): void {
    closed.then(() => { if (!this.#finishing) this.#desk.fail(demoError('ERR_DEMO_LEFT')) }, (error: unknown) => {
      if (!this.#finishing) this.#desk.fail(error)
    })
  }

  async #send (peer: Uint8Array, path: string): Promise<void> {
    this.#friends.add(peer)
    const session = await this.#connected.peers.dial(peer)
    this.#watch(session.closed)
    const inbox = session.messages[Symbol.asyncIterator]()
    for (const [line, answer] of LINES) {
      await session.send(KINDS.line, new TextEncoder().encode(line))
      const message = await nextMessage(inbox, KINDS.line)
      await this.#heard(message, answer)
    }
    const hash = createHash('sha256')
    const start = performance.now()
    let bytes = 0
    await session.send(KINDS.file, this.#read(path, piece => {
      hash.update(piece)
      bytes += piece.byteLength
    }))
    const digest = hash.digest()
    await session.send(KINDS.digest, digest)
    const received = await (await nextMessage(inbox, KINDS.received)).bytes()
    const seconds = (performance.now() - start) / 1000
    if (toHex(received) !== toHex(digest)) throw demoError('ERR_DEMO_DIFFERENT', 'the file')
    this.#finishing = true
    this.#desk.report({ type: 'file', file: { bytes, sha256: toHex(digest), seconds } })
  }

  async #receive (peer: Uint8Array): Promise<void> {
    this.#friends.add(peer)
    const session = await this.#incoming()
    this.#watch(session.closed)
    const inbox = session.messages[Symbol.asyncIterator]()
    for (const [line, answer] of LINES) {
      await this.#heard(await nextMessage(inbox, KINDS.line), line)
      await session.send(KINDS.line, new TextEncoder().encode(answer))
    }
    const file = await nextMessage(inbox, KINDS.file)
    const hash = createHash('sha256')
    const start = performance.now()
    let bytes = 0
    let told = 0
    for await (const piece of file.source) {
      hash.update(piece)
      bytes += piece.byteLength
      if (bytes - told < PROGRESS_BYTES) continue
      told = bytes
      this.#desk.report({ type: 'progress', bytes })
    }
    const seconds = (performance.now() - start) / 1000
    const digest = hash.digest()
    const expected = await (await nextMessage(inbox, KINDS.digest)).bytes()
    await session.send(KINDS.received, digest)
    this.#finishing = true
    this.#desk.report({ type: 'file', file: { bytes, sha256: toHex(digest), seconds } })
    if (toHex(expected) !== toHex(digest)) throw demoError('ERR_DEMO_DIFFERENT', 'the file')
  }

  async #finish (): Promise<void> {
    this.#finishing = true
    await this.#relay?.close()
    this.#desk.report({ type: 'ended', memory: this.#memory() })
    this.#desk.end()
  }

  get #connected (): RelayClient {
    if (this.#relay === undefined) throw demoError('ERR_DEMO_LEFT')
    return this.#relay
  }

  async #incoming (): Promise<PeerSession> {
    const next = await this.#connected.peers.incoming[Symbol.asyncIterator]().next()
    if (next.done === true) throw demoError('ERR_DEMO_LEFT')
    return next.value
  }

  async #heard (message: Message, expected: string): Promise<void> {
    const text = new TextDecoder().decode(await message.bytes())
    if (text !== expected) throw demoError('ERR_DEMO_DIFFERENT', 'a line of the chat')
    this.#desk.report({ type: 'chat', text })
  }

  /** The file, through one buffer: what was yielded is ours again when the next piece is asked for. */
  async * #read (path: string, look: (piece: Uint8Array) => void): AsyncGenerator<Uint8Array, void> {
    const file = await open(path)
    try {
      const buffer = new Uint8Array(READ_BYTES)
      for (;;) {
        // nobody would take the rest
        this.#stop.signal.throwIfAborted()
        const { bytesRead } = await file.read(buffer, 0, READ_BYTES)
        if (bytesRead === 0) return
        const piece = buffer.subarray(0, bytesRead)
        look(piece)
        yield piece
      }
    } finally {
      await file.close()
    }
  }
}

async function nextMessage (inbox: AsyncIterator<Message>, kind: bigint): Promise<Message> {
  const next = await inbox.next()
  if (next.done === true) throw demoError('ERR_DEMO_LEFT')
  if (next.value.kind !== kind) throw demoError('ERR_DEMO_DIFFERENT', `kind ${next.value.kind} instead of ${kind}`)
  return next.value
}

runWorker(desk => new Client(desk))
