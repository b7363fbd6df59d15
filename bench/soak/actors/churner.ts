import { connect } from 'node:net'
import { createIdentity } from '../../../lib/nova/index.js'
import { ignore } from '../../../lib/stream/index.js'
import { LightClient } from '../../peers/light-client.js'
import type { Place } from '../../peers/peer.js'
import { pause } from '../../peers/probe.js'

/** Somebody who comes and goes. */
export interface Churner {
  /** So many connections a second for so many milliseconds. @returns how many were made in each way */
  churn(perSecond: number, milliseconds: number): Promise<{ readonly bare: number, readonly garbage: number, readonly greeted: number }>
}

/** Accounts stay, so those who come are always the same. */
const IDENTITIES = 32
/** Connections that are being made at once; at more, the rate falls. */
const AT_ONCE = 64
const TICK = 5
/** One in so many shakes hands; of the others, every second one sends garbage. */
const GREETED = 5

/** The churner's process. */
export async function churner ({ place }: { place: Place }): Promise<Churner> {
  const identities = Array.from({ length: IDENTITIES }, createIdentity)
  let number = 0
  let under = 0
  const garbage = new Uint8Array(64).fill(0x47)

  const bare = (bytes: Uint8Array | undefined): Promise<void> => new Promise(resolve => {
    const socket = connect({ port: place.port, host: '127.0.0.1' })
    socket.on('error', ignore)
    socket.on('close', () => { resolve() })
    socket.on('connect', () => {
      // a reset leaves no port behind that waits for a minute
      if (bytes === undefined) socket.resetAndDestroy()
      else socket.write(bytes, () => { socket.resetAndDestroy() })
    })
  })

  const greeted = async (): Promise<void> => {
    const identity = identities[number % IDENTITIES]
    // another one of the same identity may take its place meanwhile
    const client = await LightClient.connect({ place, identity }).catch(ignore)
    client?.link.closed.catch(ignore)
    if (number % 2 === 0) client?.link.abort(new Error('enough'))
    else await client?.link.close().catch(ignore)
  }

  return {
    churn: async (perSecond, milliseconds) => {
      const made = { bare: 0, garbage: 0, greeted: 0 }
      const one = (): Promise<void> => {
        const way = number++ % GREETED === 0 ? 'greeted' : number % 2 === 0 ? 'bare' : 'garbage'
        made[way]++
        return way === 'greeted' ? greeted() : bare(way === 'bare' ? undefined : garbage)
      }
      const from = performance.now()
      for (let done = 0, lasted = 0; (lasted = performance.now() - from) < milliseconds;) {
        const due = Math.ceil(perSecond * lasted / 1000)
        for (; done < due && under < AT_ONCE; done++) {
          under++
          void one().finally(() => { under-- })
        }
        // what could not be made in time is not made up for
        done = Math.max(done, due)
        await pause(TICK)
      }
      while (under > 0) await pause(TICK)
      return made
    }
  }
}
