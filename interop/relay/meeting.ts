import { deepEqual } from 'node:assert/strict'
import { fromHex, toHex, type Uuid } from '../../lib/bytes/index.js'
import { createIdentity, identityFromSeed, pinned, type HardenedStackOptions, type Identity } from '../../lib/nova/index.js'
import { connect, relayClient, type Client, type ConnectOptions, type RejectedMail, type RelayClient, type RelayClientOptions } from '../../lib/relay/index.js'
import { Channel, ignore, type Duplex } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { RawClient } from '../../spec/relay/raw.js'
import { serve, type Server } from '../../spec/relay/server-support.js'
import type { RelayOptions } from '../../lib/relay/server/index.js'
import type { CaseContext } from '../harness/peer.js'
import type { Job, Report, Result, Step } from './job.js'

/** Our client, and the mail that it rejects. */
export interface Ours {
  readonly client: Client
  readonly identity: Identity
  /** Hex. */
  readonly id: string
  readonly rejected: Channel<RejectedMail>
}

/** A Go client that runs. */
export interface Theirs {
  readonly id: string
  end(): Promise<Report>
}

/** A relay of ours in this process, with Go clients over TCP and ours beside them. */
export class Meeting {
  readonly server: Server
  readonly #context: CaseContext
  readonly #closing: Array<() => Promise<void>> = []

  private constructor (context: CaseContext, server: Server) {
    this.#context = context
    this.server = server
  }

  /** Has a case take place at a relay, and leaves nothing of it. */
  static async at (context: CaseContext, options: Partial<RelayOptions>, talk: (meeting: Meeting) => Promise<void>): Promise<void> {
    const meeting = new Meeting(context, await serve(options))
    try {
      await talk(meeting)
    } finally {
      await Promise.all(meeting.#closing.map(close => close()))
      meeting.server.relay.abort()
      await meeting.server.relay.closed
    }
  }

  get relayKey (): Uint8Array { return this.server.identity.publicKey }

  /** Starts a Go client; its identity is made from a number. */
  async theirs (seed: number, job: Job, wrap: (duplex: Duplex) => Duplex = duplex => duplex): Promise<Theirs> {
    const peer = await this.#context.start({ window: 65_536, maxPackets: 256, relay: toHex(this.server.identity.id), ...job, seed: toHex(seedOf(seed)) })
    void this.server.relay.accept(wrap(peer.connection))
    return {
      id: theirId(seed),
      async end () {
        const { code, report } = await peer.end()
        if (code !== 0) throw new Error(`the client ended with ${code}`)
        return report as Report
      }
    }
  }

  /** A client of ours, that takes mail and streams of anybody. */
  async ours (options: Partial<ConnectOptions> = {}): Promise<Ours> {
    const { identity = createIdentity() } = options
    const rejected = new Channel<RejectedMail>({ maxItems: Infinity, sizeOf: () => 0 })
    const client = await connect({
      url: 'tcp://relay', relay: this.relayKey, accept: 'anyone', identity, dial: () => Promise.resolve(this.dial()), onRejected: mail => { void rejected.push(mail) }, ...options
    })
    this.#closing.push(() => client.close())
    return { client, identity, id: toHex(identity.id), rejected }
  }

  /** One connection of ours with conversations over it. */
  async conversing (options: Partial<RelayClientOptions> = {}): Promise<RelayClient & { readonly identity: Identity }> {
    const { identity = createIdentity() } = options
    const client = await relayClient(this.dial(), { verify: pinned(this.relayKey), verifyPeer: () => true, ...options, identity })
    this.#closing.push(() => client.close())
    return { ...client, identity }
  }

  /** A connection of ours that keeps no rules. */
  async raw (options: Partial<HardenedStackOptions> = {}): Promise<RawClient> {
    const client = await RawClient.connect({ relayKey: this.relayKey, duplex: this.dial(), ...options })
    await client.hello()
    this.#closing.push(() => client.close())
    client.link.closed.catch(ignore)
    return client
  }

  dial (): Duplex {
    const [left, right] = memoryPair()
    void this.server.relay.accept(right)
    return left
  }
}

export function seedOf (seed: number): Uint8Array {
  const bytes = new Uint8Array(32)
  new DataView(bytes.buffer).setUint32(28, seed)
  return bytes
}

/** The id of the Go client of a number, as hex. */
export function theirId (seed: number): string {
  return toHex(identityFromSeed(seedOf(seed)).id)
}

export function uuidOf (hex: string): Uuid {
  return fromHex(hex)
}

export const HELLO: Step = { do: 'hello' }

/** The only result of a step with this name, which has not failed. */
export function done<T = unknown> (report: Report, name: Step['do'], index = 0): T {
  const result = resultOf(report, name, index)
  if (result.error !== undefined) throw new Error(`${name}: ${result.error}; ${JSON.stringify(report)}`)
  return result.value as T
}

/** What a step with this name has failed with. */
export function failure (report: Report, name: Step['do'], index = 0): string {
  const { error } = resultOf(report, name, index)
  if (error === undefined) throw new Error(`${name} has not failed; ${JSON.stringify(report)}`)
  return error
}

function resultOf (report: Report, name: string, index: number): Result {
  const result = report.steps.filter(step => step.do === name)[index]
  if (result === undefined) throw new Error(`there was no ${name}: ${JSON.stringify(report)}`)
  return result
}

/** Everything has gone well, and the link has ended in order. */
export function allWell (report: Report): void {
  deepEqual({ failed: report.steps.filter(({ error }) => error !== undefined), error: report.error, errors: report.errors }, { failed: [], error: undefined, errors: [] })
}
