import { abortOn, abortReason } from '../../lib/stream/abort.js'
import type { TransportOptions } from '../../lib/transport/connection.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { dialTcp, listenTcp } from '../../lib/transport/tcp.js'
import { dialWebSocket } from '../../lib/transport/websocket.js'
import { listenWebSocket } from '../../lib/transport/websocket-server.js'
import { transportContract, type TransportKind } from '../contract/transport.js'
import { certificate } from '../support/certificates.js'
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

const server = certificate({ name: 'the relay' })
const trust = { ca: server.cert }

for (const tls of [false, true]) {
  transportContract({
    name: tls ? 'tcp with TLS' : 'tcp',
    bound: KERNEL,
    pair: async (options: Options = {}) => {
      const pairing = new Pairing()
      const { signal, ...limits } = options
      const listener = await listenTcp({ ...limits, tls: tls ? server : undefined }, pairing.accept)
      try {
        return await pairing.pair(() => dialTcp({ ...limits, signal, port: listener.port, tls: tls && trust }))
      } finally {
        await listener.close()
      }
    }
  })

  transportContract({
    name: tls ? 'websocket with TLS' : 'websocket',
    bound: KERNEL,
    pair: async (options: Options = {}) => {
      const pairing = new Pairing()
      const { signal, ...limits } = options
      const listener = await listenWebSocket({ ...limits, path: '/wire', tls: tls ? server : undefined }, pairing.accept)
      try {
        return await pairing.pair(() => dialWebSocket(`${tls ? 'wss' : 'ws'}://127.0.0.1:${listener.port}/wire`, { ...limits, signal, tls: tls ? trust : undefined }))
      } finally {
        await listener.close()
      }
    }
  })
}
