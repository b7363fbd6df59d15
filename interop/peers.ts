import type { Peer } from './harness/peer.js'
import { noiseGo } from './noise-go/cases.js'
import { noiseRust } from './noise-rust/cases.js'
import { novaGo } from './nova-go/cases.js'
import { relayGo } from './relay-go/cases.js'

/** All peers of the matrix. */
export const PEERS: readonly Peer[] = [noiseGo, noiseRust, novaGo, relayGo]
