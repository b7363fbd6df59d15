import { memoryPair } from '../../lib/transport/memory.js'
import { transportContract } from '../contract/transport.js'
import { channels } from './ends.js'

// a channel is a duplex like the one below it, so it keeps what every transport keeps
transportContract({
  name: 'noise over memory',
  pair: async ({ signal, ...limits } = {}) => channels({ duplexes: memoryPair(limits), initiator: { signal } }),
  bound: 3_000_000,
  closedCode: 'ERR_CLOSED'
})
