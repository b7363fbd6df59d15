import type { Uuid } from '../../../lib/bytes/index.js'
import { createIdentity } from '../../../lib/nova/index.js'
import { ignore } from '../../../lib/stream/index.js'
import { LightClient } from '../../peers/light-client.js'
import type { Place } from '../../peers/peer.js'
import { pause } from '../../peers/probe.js'
import { noise } from '../../peers/tally.js'
import { ABUSE } from '../honest.js'

/** Somebody who sends as if there were no limit. */
export interface Flooder {
  id(): Promise<Uuid>
  /** So many packets a second for so many milliseconds, again and again when it is cut. */
  packets(target: Uuid, perSecond: number, milliseconds: number): Promise<{ readonly sent: number, readonly refused: number, readonly cuts: number, readonly connections: number }>
  /** As many bytes as are taken. @returns those that the transport took */
  bytes(target: Uuid, milliseconds: number): Promise<number>
}

const TICK = 10
/** Milliseconds until it is back: an address may make 240 handshakes a minute. */
const BACK = 250
const CHUNK = 65_536

/** The flooder's process: one identity. */
export async function flooder ({ place }: { place: Place }): Promise<Flooder> {
  const identity = createIdentity()
  return {
    id: async () => identity.id,
    packets: async (target, perSecond, milliseconds) => {
      const seen = { sent: 0, refused: 0, cuts: 0, connections: 0 }
      const until = performance.now() + milliseconds
      while (performance.now() < until) {
        await flood()
        await pause(BACK)
      }
      return seen

      async function flood (): Promise<void> {
        let cut = false
        const onRefused = (): void => { seen.refused++ }
        // also a hello can be refused for the rate
        const client = await LightClient.connect({ place, identity, onRefused }).catch(ignore)
        seen.connections++
        if (client === undefined) return
        client.link.closed.catch(ignore).finally(() => { cut = true })
        let last = performance.now()
        while (!cut && performance.now() < until) {
          await pause(TICK)
          const due = Math.floor(perSecond * (performance.now() - last) / 1000)
          last = performance.now()
          for (let i = 0; i < due && !cut; i++) {
            seen.sent++
            client.live(target, new Uint8Array(8), ABUSE).catch(ignore)
          }
        }
        if (cut) seen.cuts++
        else client.link.abort(new Error('the case is over'))
      }
    },
    bytes: async (target, milliseconds) => {
      const client = await LightClient.connect({ place, identity })
      const until = performance.now() + milliseconds
      const chunk = noise(CHUNK)
      let taken = 0
      const endless = function * (): Generator<Uint8Array> {
        while (performance.now() < until) {
          yield chunk
          taken += CHUNK
        }
      }
      client.live(target, endless(), ABUSE).catch(ignore)
      await pause(milliseconds)
      client.link.abort(new Error('the case is over'))
      return taken
    }
  }
}
