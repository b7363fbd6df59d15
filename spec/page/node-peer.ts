import { equalUuid } from '../../lib/bytes/index.js'
import { CHAT_KIND, chatText, decodeChat, encodeChat, type ChatText } from '../../lib/chat/index.js'
import { FileReceiver, FILES_KIND, type Destination, type Place, type Received, type Transfer } from '../../lib/files/index.js'
import { createIdentity } from '../../lib/nova/index.js'
import { connect, type Client } from '../../lib/relay/index.js'
import { Channel, ignore, join } from '../../lib/stream/index.js'
import type { PageRelay } from './support.js'

/** Somebody on Node, who accepts every file and says that every text was shown. */
export class NodePeer {
  readonly client: Client
  /** Texts as they come. */
  readonly texts = new Channel<ChatText>({ sizeOf: () => 1 })
  /** Names that others have told. */
  readonly names: string[] = []
  readonly folder = new MemoryFolder()
  /** What becomes of each stream with files. */
  readonly received = new Channel<Received>({ sizeOf: () => 1 })

  private constructor (client: Client) {
    this.client = client
  }

  static async come (relay: PageRelay): Promise<NodePeer> {
    const client = await connect({ url: relay.url, relay: relay.identity.publicKey, identity: createIdentity(), limits: { reconnectMin: 50, reconnectMax: 500 } })
    const peer = new NodePeer(client)
    peer.#read().catch(ignore)
    peer.#take().catch(ignore)
    return peer
  }

  /** Somebody that we are paired with, who is not `but`. */
  other (but?: Uint8Array): Uint8Array {
    const found = this.client.contacts.list().find(({ id }) => but === undefined || !equalUuid(id, but))
    if (found === undefined) throw new Error('nobody is known')
    return found.id
  }

  async say (text: string): Promise<ChatText> {
    const message = chatText(text)
    await this.client.peer(this.other()).send(CHAT_KIND, encodeChat(message))
    return message
  }

  async call (name: string): Promise<void> {
    await this.client.peer(this.other()).send(CHAT_KIND, encodeChat({ type: 'name', name }))
  }

  async text (): Promise<string> {
    const { value, done } = await this.texts.next()
    if (done === true) throw new Error('no more texts')
    return value.text
  }

  async fileDone (): Promise<Extract<Received, { type: 'done' }>> {
    for (;;) {
      const { value, done } = await this.received.next()
      if (done === true) throw new Error('no more files')
      if (value.type === 'done') return value
    }
  }

  async #read (): Promise<void> {
    for await (const { kind, bytes, from } of this.client.messages) {
      if (kind !== CHAT_KIND) continue
      const message = decodeChat(bytes)
      if (message.type === 'name') this.names.push(message.name)
      if (message.type !== 'text') continue
      await this.texts.push(message)
      void this.client.peer(from.id).send(CHAT_KIND, encodeChat({ type: 'receipt', ids: [message.id] })).catch(ignore)
    }
  }

  async #take (): Promise<void> {
    const receiver = new FileReceiver(this.client, this.folder, { accept: () => true })
    for await (const stream of this.client.streams) {
      if (stream.kind === FILES_KIND) receiver.take(stream).then(received => this.received.push(received)).catch(ignore)
      else stream.refuse()
    }
  }
}

/** Files in memory, with a gate that holds them up where a test wants it. */
export class MemoryFolder implements Destination {
  readonly files = new Map<string, Uint8Array>()
  readonly #parts = new Map<string, Uint8Array[]>()
  /** Bytes of a file beyond which writing waits; and whoever waits for that. */
  gate: { readonly at: number, readonly reached: () => void, readonly open: Promise<void> } | undefined
  /** Bytes that were written, also twice. */
  written = 0

  open ({ id, manifest }: Transfer): Place {
    const parts = (index: number): Uint8Array[] => {
      const key = `${id}/${index}`
      const found = this.#parts.get(key) ?? []
      this.#parts.set(key, found)
      return found
    }
    const lengths = new Map(manifest.entries.map((_, index) => [index, parts(index).reduce((sum, { byteLength }) => sum + byteLength, 0)]))
    return {
      done: new Set(),
      parts: new Map([...lengths].filter(([, length]) => length > 0)),
      conflicts: [],
      async * read (index, bytes) { yield join(parts(index)).subarray(0, bytes) },
      write: async (index, offset, bytes) => {
        parts(index).push(bytes.slice())
        this.written += bytes.byteLength
        if (this.gate === undefined || offset + bytes.byteLength < this.gate.at) return
        this.gate.reached()
        await this.gate.open
      },
      finish: index => { this.files.set(manifest.entries[index]?.path ?? '', join(parts(index))) },
      discard: index => { parts(index).length = 0 },
      close: () => undefined
    }
  }
}
