import type { Peer } from '../harness/peer.js'
import { HOP_CASES } from '../relay/hop-cases.js'
import { MAIL_CASES } from '../relay/mail-cases.js'

/** A client of the relay on Go's own crypto and flynn/noise, written from docs/protocol.md. */
export const relayGo: Peer = {
  name: 'relay-go',
  toolchain: 'go',
  cases: [...HOP_CASES, ...MAIL_CASES]
}
