import { connect } from 'node:net'
import type { Place } from '../../peers/peer.js'
import { pause } from '../../peers/probe.js'

/** Somebody who begins handshakes and leaves them. */
export interface HalfOpener {
  /** Begins so many within so many milliseconds. */
  begin(count: number, milliseconds: number): Promise<void>
  /** How many were begun, and how many stand now. */
  state(): Promise<{ readonly begun: number, readonly open: number, readonly mostOpen: number }>
}

/** Milliseconds after which one that still stands counts: the others have been turned away by then. */
const SETTLED = 1000
const TICK = 20

/** The process of an attacker with one address. */
export async function attacker ({ place, address }: { place: Place, address: string }): Promise<HalfOpener> {
  const old = new Set<object>()
  let begun = 0
  let mostOpen = 0
  const begin = (): void => {
    begun++
    const socket = connect({ port: place.port, host: '127.0.0.1', localAddress: address })
    const timer = setTimeout(() => {
      old.add(socket)
      mostOpen = Math.max(mostOpen, old.size)
    }, SETTLED)
    socket.on('error', () => {})
    // one byte of a handshake, and no more
    socket.on('connect', () => { if (begun % 2 === 0) socket.write(new Uint8Array(1)) })
    socket.on('close', () => {
      clearTimeout(timer)
      old.delete(socket)
    })
    socket.resume()
  }
  return {
    begin: async (count, milliseconds) => {
      const from = performance.now()
      for (let done = 0; done < count;) {
        const due = Math.min(count, Math.ceil(count * (performance.now() - from + TICK) / milliseconds))
        for (; done < due; done++) begin()
        await pause(TICK)
      }
    },
    state: async () => ({ begun, open: old.size, mostOpen })
  }
}
