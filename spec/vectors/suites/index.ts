import type { Suite } from '../check.js'
import { packetHeaders } from './packet-headers.js'
import { serializer } from './serializer.js'

/** Every suite that reads vectors, in the order of the data. */
export const suites: readonly Suite[] = [serializer, packetHeaders]
