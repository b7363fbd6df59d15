import { YamuxPair } from '../libp2p/connections.js'
import test from 'ava'
import { defaultLogger } from '@libp2p/logger'
import { DuplexStream } from '../../lib/libp2p/index.js'
import { libp2pDuplex } from '../../lib/transport/libp2p.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { transportContract } from '../contract/transport.js'

// without nodes: those have timers of their own, which would count as left behind
const yamux = await YamuxPair.open()
test.after.always(() => yamux.close())

transportContract({
  name: 'libp2p',
  // windows of yamux, which grow, the buffers of libp2p, and the kernel's
  bound: 16 * 1_048_576,
  pair: async (options = {}) => {
    const { signal, ...limits } = options
    signal?.throwIfAborted()
    const [dialled, accepted] = await yamux.stream()
    return [libp2pDuplex(dialled, { ...limits, signal }), libp2pDuplex(accepted, limits)]
  }
})

const log = defaultLogger().forComponent('hushwire:spec')

transportContract({
  name: 'a duplex as a stream of libp2p, and back',
  bound: 1_048_576,
  pair: async (options = {}) => {
    const { signal, ...limits } = options
    signal?.throwIfAborted()
    const [left, right] = memoryPair().map((duplex, id) => new DuplexStream(duplex, { id: String(id), log })) as [DuplexStream, DuplexStream]
    return [libp2pDuplex(left, { ...limits, signal }), libp2pDuplex(right, limits)]
  }
})
