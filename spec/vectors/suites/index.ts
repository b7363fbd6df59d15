import type { Suite } from '../check.js'
import { cryptoSuite } from './crypto.js'
import { ctrSuite } from './ctr.js'
import { framesSuite } from './frames.js'
import { handshakeSuite } from './handshake.js'
import { noiseSuite } from './noise.js'
import { packetHeaders } from './packet-headers.js'
import { packetsSuite } from './packets.js'
import { serializer } from './serializer.js'
import { sessionsSuite } from './sessions.js'
import { utf8 } from './utf8.js'
import { wholeStackSuite } from './whole-stack.js'

/** Every suite that reads vectors, in the order of the data. */
export const suites: readonly Suite[] = [serializer, utf8, cryptoSuite, noiseSuite, framesSuite, packetsSuite, packetHeaders, sessionsSuite, wholeStackSuite, handshakeSuite, ctrSuite]
