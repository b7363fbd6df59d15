import { createIdentity } from '../../lib/nova/index.js'
import { connect, type Client } from '../../lib/relay/index.js'
import { ignore } from '../../lib/stream/index.js'
import type { Place } from '../peers/peer.js'
import { pause } from '../peers/probe.js'
import { Proxy } from './proxy.js'

/** Milliseconds between two signs of life that a client asks for, give or take a quarter, and for each of them. */
export const PING_INTERVAL = 1000
export const PING_TIMEOUT = 1000

/** Somebody with a client behind a proxy, who writes numbered letters to another and notes those that come. */
export class Correspondent {
  readonly client: Client
  readonly proxy: Proxy
  /** Numbers of letters, in the order in which they came. */
  readonly got: number[] = []
  /** How often a connection was made, and was lost. */
  readonly states: { connected: number, lost: number }
  sent = 0
  acknowledged = 0
  failed: string[] = []
  #over = false

  static async come (place: Place): Promise<Correspondent> {
    const proxy = await Proxy.start(place.port)
    const states = { connected: 0, lost: 0 }
    const client = await connect({
      url: `tcp://127.0.0.1:${proxy.port}`,
      relay: place.proof as Uint8Array,
      identity: createIdentity(),
      accept: 'anyone',
      limits: { pingInterval: PING_INTERVAL, pingTimeout: PING_TIMEOUT, reconnectMin: 50, reconnectMax: 500 },
      // a try that a partition swallows is given up in time
      linkLimits: { handshakeTimeout: 2000 },
      onState: ({ type }) => {
        if (type === 'connected') states.connected++
        if (type === 'waiting') states.lost++
      }
    })
    return new Correspondent(client, proxy, states)
  }

  private constructor (client: Client, proxy: Proxy, states: { connected: number, lost: number }) {
    this.client = client
    this.proxy = proxy
    this.states = states
    this.#read().catch(error => { this.failed.push(String(error)) })
  }

  /** Whether a connection stands, as the client knows. */
  get connected (): boolean { return this.client.state.type === 'connected' }

  /** Writes so many letters a second until `stop`; none waits for another's acknowledgement. */
  async write (to: Correspondent, perSecond: number): Promise<void> {
    while (!this.#over) {
      const bytes = new Uint8Array(256)
      new DataView(bytes.buffer).setUint32(0, this.sent++)
      this.client.peer(to.client.id).send(1n, bytes).then(() => { this.acknowledged++ }, (error: unknown) => { this.failed.push(String(error)) })
      await pause(1000 / perSecond)
    }
  }

  stop (): void {
    this.#over = true
  }

  async leave (): Promise<void> {
    this.stop()
    await this.client.close()
    this.proxy.stop()
  }

  async #read (): Promise<void> {
    for await (const { bytes, taken } of this.client.messages) {
      this.got.push(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0))
      taken().catch(ignore)
    }
  }
}
