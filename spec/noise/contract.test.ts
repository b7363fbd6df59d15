import { memoryPair } from '../../lib/transport/memory.js'
import { transportContract } from '../contract/transport.js'
import { channels } from './ends.js'

// a channel is a duplex like the one below it, so it keeps what every transport keeps
transportContract({
  name: 'noise over memory',
  pair: async ({ signal, ...limits } = {}) => channels({ duplexes: memoryPair(limits), initiator: { signal } }),
  // high water, what is under way, a chunk above the high water, and what the channel holds: docs/back-pressure.md
  bound: 3 * 65_536 + 196_608 + 2 * 65_536,
  closedCode: 'ERR_CLOSED'
})
