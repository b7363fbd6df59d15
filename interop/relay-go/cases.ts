import type { Peer } from '../harness/peer.js'
import { BROKEN_MAIL_CASES } from '../relay/broken-mail-cases.js'
import { HOP_CASES } from '../relay/hop-cases.js'
import { LINK_CASES } from '../relay/link-cases.js'
import { LIVE_CASES } from '../relay/live-cases.js'
import { MAIL_CASES } from '../relay/mail-cases.js'
import { STREAM_CASES } from '../relay/stream-cases.js'

/** A client of the relay on Go's own crypto and flynn/noise, written from docs/protocol.md. */
export const relayGo: Peer = {
  name: 'relay-go',
  toolchain: 'go',
  cases: [...HOP_CASES, ...LINK_CASES, ...MAIL_CASES, ...BROKEN_MAIL_CASES, ...LIVE_CASES, ...STREAM_CASES]
}
