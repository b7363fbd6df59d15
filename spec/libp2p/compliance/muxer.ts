import tests from '@libp2p/interface-compliance-tests/stream-muxer'
import { novaMuxer } from '../../../lib/libp2p/index.js'

tests({
  setup: async () => novaMuxer()(),
  teardown: async () => undefined
})
