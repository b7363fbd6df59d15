import type { Suite } from '../check.js'
import { cryptoSuite } from './crypto.js'
import { noiseSuite } from './noise.js'
import { packetHeaders } from './packet-headers.js'
import { serializer } from './serializer.js'
import { utf8 } from './utf8.js'

/** Every suite that reads vectors, in the order of the data. */
export const suites: readonly Suite[] = [serializer, packetHeaders, utf8, cryptoSuite, noiseSuite]
