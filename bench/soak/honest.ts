import { now } from '../harness/clock.js'
import { quantile } from '../harness/statistics.js'
import { LightClient, whole } from '../peers/light-client.js'
import type { Place } from '../peers/peer.js'
import { pause } from '../peers/probe.js'
import { ignore } from '../../lib/stream/index.js'
import type { Watch } from './case.js'

/** Milliseconds between two messages. */
const BETWEEN = 20
/** Milliseconds that the last ones have to come. */
const LATE = 2000
/** Milliseconds that a message of honest people may take beside abuse. */
export const WORST_LATENCY = 1000

/** Two honest clients, one of which writes to the other all the time. */
export class HonestPair {
  readonly sender: LightClient
  readonly reader: LightClient
  readonly #times: number[]
  #sent = 0
  #over = false
  #running: Promise<void> = Promise.resolve()

  /** @param onOther - how many bytes of packets came that are not the sender's */
  static async connect (place: Place, onOther: (bytes: number) => void = ignore): Promise<HonestPair> {
    const sender = await LightClient.connect({ place })
    const times: number[] = []
    const reader = await LightClient.connect({
      place,
      onPacket: ({ header, source }) => {
        if (header.kind !== HONEST) return void count(source, onOther).catch(ignore)
        whole(source).then(bytes => { times.push(now() - new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0)) }, ignore)
      }
    })
    return new HonestPair(sender, reader, times)
  }

  private constructor (sender: LightClient, reader: LightClient, times: number[]) {
    this.sender = sender
    this.reader = reader
    this.#times = times
  }

  start (): void {
    this.#running = this.#run()
  }

  /** Ends the talk, and tells what was seen of it. */
  async stop (watch: Watch): Promise<void> {
    this.#over = true
    await this.#running
    const until = now() + LATE
    while (this.#times.length < this.#sent && now() < until) await pause(BETWEEN)
    const worst = Math.max(...this.#times)
    watch.figure('honest messages', this.#sent)
    watch.figure('honest latency p50, ms', quantile(this.#times, 0.5))
    watch.figure('honest latency p99, ms', quantile(this.#times, 0.99))
    watch.figure('honest latency max, ms', worst)
    watch.expect(this.#sent > 0 && this.#times.length === this.#sent, `of ${this.#sent} honest messages ${this.#times.length} came`)
    watch.expect(worst < WORST_LATENCY, `an honest message took ${worst} ms`)
    for (const client of [this.sender, this.reader]) client.link.abort(new Error('the case is over'))
  }

  async #run (): Promise<void> {
    while (!this.#over) {
      const message = new Uint8Array(8)
      new DataView(message.buffer).setFloat64(0, now())
      this.#sent++
      this.sender.live(this.reader.id, message, HONEST).catch(ignore)
      await pause(BETWEEN)
    }
  }
}

const HONEST = 1n
/** The kind of packets that are part of the abuse. */
export const ABUSE = 2n

async function count (source: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void): Promise<void> {
  let some = false
  for await (const { byteLength } of source) {
    some = true
    onBytes(byteLength)
  }
  if (!some) onBytes(0)
}
