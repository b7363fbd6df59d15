import { noise } from '@chainsafe/libp2p-noise'
import { defaultLogger } from '@libp2p/logger'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import tests from '@libp2p/interface-compliance-tests/connection-encryption'

tests({
  setup: async args => {
    const privateKey = args?.privateKey
    if (privateKey === undefined) throw new Error('the suite gives no key')
    return noise()({ privateKey, peerId: peerIdFromPrivateKey(privateKey), logger: defaultLogger(), upgrader: { getStreamMuxers: () => new Map() } } as never)
  },
  teardown: async () => undefined
})
