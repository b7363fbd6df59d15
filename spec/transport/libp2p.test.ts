import { YamuxPair } from '../libp2p/connections.js'
import test from 'ava'
import { libp2pDuplex } from '../../lib/transport/libp2p.js'
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
