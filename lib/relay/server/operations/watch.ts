import { RELAY_CODES } from '../../../nova/index.js'
import { Refusal } from '../refusal.js'
import type { Service } from '../service.js'
import type { Operation } from './operation.js'

/** Who is there, and from then on who comes and goes. */
export function watch ({ exchange, limits, presence }: Service): Operation<'watch'> {
  return async (member, { ids }) => {
    if (!presence) throw new Refusal(RELAY_CODES.unavailable)
    if (ids.length > limits.maxWatched) throw new Refusal(RELAY_CODES.limit)
    const { notices } = member
    notices.hold()
    try {
      return { answered: { online: await exchange.watch(member, ids) }, after: () => { notices.release() } }
    } catch (error) {
      notices.release()
      throw error
    }
  }
}
