import tests from '@libp2p/interface-compliance-tests/connection-encryption'
import { hushNoise } from '../../../lib/libp2p/index.js'

tests({
  setup: async args => {
    const privateKey = args?.privateKey
    if (privateKey === undefined) throw new Error('the suite gives no key')
    return hushNoise()({ privateKey, upgrader: { getStreamMuxers: () => new Map() } })
  },
  teardown: async () => undefined
})
