import { uuidKey, type Uuid } from '../bytes/index.js'
import { deferred, leave } from '../stream/index.js'
import { readGreeting, type Greeting } from './greeting.js'
import { peerError } from './peer-errors.js'
import { RESET_CODES } from './reset-codes.js'
import type { MessagePacket } from './session/session.js'

/** How many greetings are read, and for how long. */
export interface GreetingsLimits {
  /** Greetings that are being read at a time. */
  readonly maxGreetings: number
  /** Of them, those of one peer. */
  readonly maxPeerGreetings: number
  /** Milliseconds for one. */
  readonly handshakeTimeout: number
}

/** A greeting whose end has not come. */
interface Reading {
  readonly peer: string
  /** Gives its packet up. */
  readonly end: (code: number, error: Error) => void
}

/**
 * Greetings that are being read. One whose end does not come holds a place of the link, which others need: so there are
 * only so many, in all and of one peer, and the oldest makes way for the next. An honest one is a single small frame,
 * and read before others come.
 */
export class Greetings {
  readonly #limits: GreetingsLimits
  /** The oldest first. */
  readonly #readings = new Set<Reading>()

  constructor (limits: GreetingsLimits) {
    this.#limits = limits
  }

  /**
   * Reads a greeting to its end, as long as it is not in the way of others.
   *
   * @throws ERR_PEER_LIMIT when it has made way or was given up, ERR_PEER_TIMEOUT, and what {@link readGreeting} does (as rejections)
   */
  async read (packet: MessagePacket): Promise<Greeting> {
    const peer = uuidKey(packet.header.source)
    this.#makeWay(peer)
    const greeting = deferred<Greeting>()
    const end = (code: number, error: Error): void => {
      this.#readings.delete(reading)
      refuse(packet, code)
      // its source may never say so
      greeting.reject(error)
    }
    const reading: Reading = { peer, end }
    this.#readings.add(reading)
    const timer = setTimeout(() => { end(RESET_CODES.stalled, peerError('ERR_PEER_TIMEOUT', 'a greeting')) }, this.#limits.handshakeTimeout)
    readGreeting(packet.source).then(greeting.resolve, greeting.reject)
    try {
      return await greeting.promise
    } finally {
      clearTimeout(timer)
      this.#readings.delete(reading)
    }
  }

  /** Gives up those of one peer that are being read: too much waits for their end. */
  giveUp (peer: Uuid): void {
    const key = uuidKey(peer)
    for (const reading of [...this.#readings]) if (reading.peer === key) reading.end(RESET_CODES.limit, peerError('ERR_PEER_LIMIT', 'greetings'))
  }

  /** Gives up all that are being read. */
  clear (): void {
    for (const { end } of [...this.#readings]) end(RESET_CODES.cancelled, peerError('ERR_PEER_CLOSED'))
  }

  #makeWay (peer: string): void {
    const { maxGreetings, maxPeerGreetings } = this.#limits
    const ofPeer = [...this.#readings].filter(reading => reading.peer === peer)
    const [oldest] = ofPeer.length >= maxPeerGreetings ? ofPeer : this.#readings.size >= maxGreetings ? this.#readings : []
    oldest?.end(RESET_CODES.limit, peerError('ERR_PEER_LIMIT', 'greetings'))
  }
}

/** Leaves a packet, and tells its sender why where the link can. */
export function refuse ({ source, stop }: MessagePacket, code: number): void {
  if (stop === undefined) leave(source)
  else stop(code)
}
