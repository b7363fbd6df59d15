import { RELAY_CODES } from '../../../nova/index.js'
import { Refusal } from '../refusal.js'
import type { Service } from '../service.js'
import type { Operation } from './operation.js'

/** Who is there, and from then on who comes and goes. */
export function watch ({ exchange, limits, presence }: Pick<Service, 'exchange' | 'limits' | 'presence'>): Operation<'watch'> {
  return async (member, { ids }) => {
    if (!presence) throw new Refusal(RELAY_CODES.unavailable)
    if (ids.length > limits.maxWatched) throw new Refusal(RELAY_CODES.limit)
    const { notices } = member
    notices.hold()
    try {
      const online = await exchange.watch(member, ids)
      // it ended while the request was on its way, and nothing would ever take it out again
      if (member.gone) exchange.leave(member)
      return { answered: { online }, after: () => { notices.release() } }
    } catch (error) {
      notices.release()
      throw error
    }
  }
}
