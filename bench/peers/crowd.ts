import { randomFillSync, randomInt } from 'node:crypto'
import { randomUuid, type Uuid } from '../../lib/bytes/index.js'
import { decodeDeliveryHead, DELIVERY_HEAD_BYTES } from '../../lib/relay/wire/index.js'
import { deferred, type Deferred } from '../../lib/stream/index.js'
import type { RoutedPacket } from '../../lib/nova/index.js'
import { now } from '../harness/clock.js'
import { LightClient, whole } from './light-client.js'
import type { Place } from './peer.js'
import { inTurns } from './tally.js'
import { HubClient } from './tls-hub.js'

// Many clients of a relay in one process. They pass letters on: whoever has got one sends it to somebody at random, and
// after so many hops it is sent to somebody of the crowd that began it, where it ends. So at any time as many messages are
// under way as there are letters, and nobody has to agree with anybody.

/** How letters travel: as packets or mail of a relay, or through a hub of node:tls. */
export type Way = 'live' | 'mail' | 'tls'

/** What a crowd is made with. */
export interface CrowdOptions {
  readonly place: Place
  readonly way: Way
  /** Which crowd of the relay it is: letters come back to the one that began them. */
  readonly index: number
}

/** A process of many clients. */
export interface Crowd {
  /** Connects so many more clients; @returns their ids */
  connect(count: number): Promise<Uuid[]>
  /** Everybody of all crowds: those letters are sent to. */
  meet(ids: readonly Uuid[]): Promise<void>
  /** Begins so many letters of so many hops each; resolves when they have come back. */
  pass(letters: number, hops: number): Promise<void>
  /** Milliseconds that each hop to this crowd took, since this was asked last. */
  times(): Promise<Float64Array>
}

/** Bytes of a letter. */
const LETTER_BYTES = 256
const HOPS_AT = 8
const CROWD_AT = 12
/** Connections that are being made at once. */
const DIALS = 16
/** Mail that may be delivered and not taken. */
const UNTAKEN = 256
const KIND = 7n

/** The crowd's process. */
export async function crowd (options: CrowdOptions): Promise<Crowd> {
  return new LetterCrowd(options)
}

/** A client of whatever forwards. */
interface Member {
  readonly id: Uuid
  send(target: Uuid, letter: Uint8Array): Promise<unknown> | undefined
}

class LetterCrowd implements Crowd {
  readonly #options: CrowdOptions
  readonly #clients: Member[] = []
  readonly #own: Uuid[] = []
  #everybody: readonly Uuid[] = []
  #times: number[] = []
  #away = 0
  #home: Deferred<void> = deferred({ handled: true })

  constructor (options: CrowdOptions) {
    this.#options = options
  }

  async connect (count: number): Promise<Uuid[]> {
    const ids: Uuid[] = []
    await inTurns(count, DIALS, async () => { ids.push(await this.#connectOne()) })
    this.#own.push(...ids)
    return ids
  }

  async meet (ids: readonly Uuid[]): Promise<void> {
    this.#everybody = ids
  }

  async pass (letters: number, hops: number): Promise<void> {
    this.#home = deferred({ handled: true })
    this.#away = letters
    for (let i = 0; i < letters; i++) {
      const letter = randomFillSync(new Uint8Array(LETTER_BYTES))
      const view = viewOf(letter)
      view.setUint32(HOPS_AT, hops)
      view.setUint8(CROWD_AT, this.#options.index)
      this.#send(pick(this.#clients), letter)
    }
    await this.#home.promise
  }

  async times (): Promise<Float64Array> {
    const times = Float64Array.from(this.#times)
    this.#times = []
    return times
  }

  async #connectOne (): Promise<Uuid> {
    const member = this.#options.way === 'tls' ? await this.#hubMember() : await this.#relayMember()
    this.#clients.push(member)
    return member.id
  }

  async #hubMember (): Promise<Member> {
    const id = randomUuid()
    const client = await HubClient.connect(this.#options.place, id, letter => { this.#arrived(member, letter) })
    const member: Member = { id, send: (target, letter) => client.send(target, letter) }
    return member
  }

  async #relayMember (): Promise<Member> {
    const { place, way } = this.#options
    const fail = (error: Error): void => { this.#home.reject(error) }
    const take = (packet: RoutedPacket): void => { this.#take(client, member, packet).catch(fail) }
    const client: LightClient = await LightClient.connect({ place, onPacket: take, onDelivery: take, onRefused: fail })
    const member: Member = {
      id: client.id,
      send: (target, letter) => way === 'live'
        ? client.live(target, letter, KIND)
        : client.ask('mail', { id: randomUuid(), recipient: target, kind: KIND, lifetime: 0n }, letter)
    }
    if (way === 'mail') await client.ask('receive', { after: 0n, maxUntaken: UNTAKEN })
    client.link.closed.catch(fail)
    return member
  }

  async #take (client: LightClient, member: Member, packet: RoutedPacket): Promise<void> {
    const bytes = await whole(packet.source)
    if (this.#options.way === 'live') {
      this.#arrived(member, bytes)
      return
    }
    this.#arrived(member, bytes.subarray(DELIVERY_HEAD_BYTES))
    await client.ask('taken', { positions: [decodeDeliveryHead(bytes.subarray(0, DELIVERY_HEAD_BYTES)).position] })
  }

  #arrived (member: Member, letter: Uint8Array): void {
    const view = viewOf(letter)
    this.#times.push(now() - view.getFloat64(0))
    if (view.getUint32(HOPS_AT) > 0) this.#send(member, new Uint8Array(letter))
    else if (--this.#away === 0) this.#home.resolve()
  }

  /** Sends a letter on; its last hop is to the crowd that began it, so others pass it to anybody. */
  #send (member: Member, letter: Uint8Array): void {
    const view = viewOf(letter)
    const left = view.getUint32(HOPS_AT) - 1
    const mine = view.getUint8(CROWD_AT) === this.#options.index
    // a letter that is not at home goes on until it is
    const last = left <= 0 && mine
    view.setUint32(HOPS_AT, last ? 0 : Math.max(1, left))
    view.setFloat64(0, now())
    const target = pick(last ? this.#own : this.#everybody)
    member.send(target, letter)?.catch((error: unknown) => { this.#home.reject(error) })
  }
}

function viewOf (letter: Uint8Array): DataView {
  return new DataView(letter.buffer, letter.byteOffset, letter.byteLength)
}

function pick<T> (list: readonly T[]): T {
  return list[randomInt(list.length)] as T
}
