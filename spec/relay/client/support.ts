import { createIdentity, type Identity } from '../../../lib/nova/index.js'
import { connect, type Client, type ClientMessage, type ClientState, type ConnectOptions, type RejectedMail } from '../../../lib/relay/index.js'
import { startRelay, type Relay, type RelayOptions } from '../../../lib/relay/server/index.js'
import { memoryStore, type Store } from '../../../lib/store/index.js'
import { Channel, type Duplex } from '../../../lib/stream/index.js'
import { memoryPair, type MemoryPairOptions, type Transport } from '../../../lib/transport/memory.js'

/** Short waits, since the tests wait on events. */
export const QUICK = { reconnectMin: 1, reconnectMax: 4, prekeyTries: 1000 } as const

/** A client in the hands of a test. */
export interface TestClient extends Client {
  readonly identity: Identity
  readonly store: Store
  readonly states: Channel<ClientState>
  readonly rejections: Channel<RejectedMail>
}

/** A relay that can be cut off and started anew over its store, and clients that find it. */
export class World {
  readonly identity = createIdentity()
  readonly store = memoryStore()
  /** What the next connections are like. */
  pair: MemoryPairOptions = {}
  /** While true, nobody listens. */
  down = false
  /** Connections that were dialled. */
  dialled = 0
  readonly ends = new Set<Transport>()
  readonly clients: TestClient[] = []
  readonly #options: Partial<RelayOptions>
  #relay: Relay | undefined

  constructor (options: Partial<RelayOptions> = {}) {
    this.#options = options
  }

  static async start (options: Partial<RelayOptions> = {}): Promise<World> {
    const world = new World(options)
    await world.begin()
    return world
  }

  get relay (): Relay {
    if (this.#relay === undefined) throw new Error('no relay')
    return this.#relay
  }

  async begin (): Promise<void> {
    this.#relay = await startRelay({ identity: this.identity, store: this.store, ...this.#options })
    this.down = false
  }

  /** The relay dies and starts again over what it has stored. */
  async restart (): Promise<void> {
    this.down = true
    this.relay.abort()
    await this.relay.closed
    await this.begin()
  }

  /** Every connection breaks off. */
  cut (): void {
    for (const end of this.ends) end.abort(new Error('cut'))
  }

  readonly dial = async (): Promise<Duplex> => {
    this.dialled++
    if (this.down) throw new Error('nobody listens')
    const [left, right] = memoryPair(this.pair)
    this.ends.add(left)
    const gone = (): void => { this.ends.delete(left) }
    left.closed.then(gone, gone)
    void this.relay.accept(right)
    return left
  }

  async client (options: Partial<ConnectOptions> = {}): Promise<TestClient> {
    const states = new Channel<ClientState>({ maxItems: Infinity, sizeOf: () => 0 })
    const rejections = new Channel<RejectedMail>({ maxItems: Infinity, sizeOf: () => 0 })
    const { identity = createIdentity(), store = memoryStore(), limits, ...rest } = options
    const client = await connect({
      url: 'ws://relay.test/',
      relay: this.identity.publicKey,
      dial: this.dial,
      accept: 'anyone',
      onState: state => { void states.push(state) },
      onRejected: mail => { void rejections.push(mail) },
      limits: { ...QUICK, ...limits },
      prekeyLimits: { oneTime: 8 },
      ...rest,
      identity,
      store
    })
    const test = Object.defineProperties(client, { identity: { value: identity }, store: { value: store }, states: { value: states }, rejections: { value: rejections } }) as TestClient
    this.clients.push(test)
    return test
  }

  async end (): Promise<void> {
    await Promise.all(this.clients.map(client => client.close()))
    await this.#relay?.close()
  }
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (piece: Uint8Array): string => new TextDecoder().decode(piece)

/** The next items of an iterable, as many as that. */
export async function take<T> (source: AsyncIterable<T>, count: number): Promise<T[]> {
  const iterator = source[Symbol.asyncIterator]()
  const items: T[] = []
  while (items.length < count) {
    const { value, done } = await iterator.next()
    if (done === true) throw new Error('the source has ended')
    items.push(value)
  }
  return items
}

export async function next<T> (source: AsyncIterable<T>): Promise<T> {
  const [item] = await take(source, 1)
  return item as T
}

/** So many messages as text; the last is taken too. */
export async function texts (client: Client, count: number): Promise<string[]> {
  const messages = await take<ClientMessage>(client.messages, count)
  await messages.at(-1)?.taken()
  return messages.map(message => textOf(message.bytes))
}

/** Waits until a client tells of a state of this type. */
export async function state<Type extends ClientState['type']> (client: TestClient, type: Type): Promise<Extract<ClientState, { type: Type }>> {
  for (;;) {
    const found = await next(client.states)
    if (found.type === type) return found as Extract<ClientState, { type: Type }>
  }
}
