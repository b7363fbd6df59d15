import { abortOn, abortReason } from '../../lib/stream/abort.js'
import type { TransportOptions } from '../../lib/transport/connection.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { dialTcp, listenTcp } from '../../lib/transport/tcp.js'
import { dialWebSocket } from '../../lib/transport/websocket.js'
import { listenWebSocket } from '../../lib/transport/websocket-server.js'
import { transportContract, type TransportKind } from '../contract/transport.js'
import { Pairing } from '../support/pairs.js'

type Options = TransportOptions & { signal?: AbortSignal }

/** Buffers of the kernel grow to some MiB each way on loopback. */
const KERNEL = 16 * 1_048_576

const memory = (name: string, base: Parameters<typeof memoryPair>[0]): TransportKind => ({
  name,
  bound: 524_288,
  pair: async (options: Options = {}) => {
    if (options.signal?.aborted === true) throw abortReason(options.signal)
    const pair = memoryPair({ ...base, ...options })
    abortOn(options.signal, pair[0])
    return pair
  }
})

transportContract(memory('memory', {}))
transportContract(memory('memory in random chunks, late', { chunks: { seed: 7, max: 9000 }, latency: 1 }))

transportContract({
  name: 'tcp',
  bound: KERNEL,
  pair: async (options: Options = {}) => {
    const pairing = new Pairing()
    const { signal, ...limits } = options
    const listener = await listenTcp(limits, pairing.accept)
    try {
      return await pairing.pair(() => dialTcp({ ...limits, signal, port: listener.port }))
    } finally {
      await listener.close()
    }
  }
})

transportContract({
  name: 'websocket',
  bound: KERNEL,
  pair: async (options: Options = {}) => {
    const pairing = new Pairing()
    const { signal, ...limits } = options
    const listener = await listenWebSocket({ ...limits, path: '/wire' }, pairing.accept)
    try {
      return await pairing.pair(() => dialWebSocket(`ws://127.0.0.1:${listener.port}/wire`, { ...limits, signal }))
    } finally {
      await listener.close()
    }
  }
})
