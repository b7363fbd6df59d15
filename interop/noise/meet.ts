import { strict as assert } from 'node:assert'
import { toHex } from '../../lib/bytes/index.js'
import type { CaseContext } from '../harness/peer.js'
import { machine } from './machine.js'
import type { Report } from './report.js'
import { configurationOf, sidesOf, type Scenario } from './scenario.js'

/** Our side and the peer do the scenario, and agree on everything they report. */
export async function meet (context: CaseContext, scenario: Scenario): Promise<void> {
  const { ours, theirs } = sidesOf(scenario)
  const peer = await context.start(configurationOf(scenario, theirs))
  const our = await machine(peer.connection, scenario, ours)
  const { code, report } = await peer.end()
  const their = report as Report
  assert.equal(`${our.stage}, ${their.stage}`, 'done, done', `we: ${our.error ?? our.stage}; the peer: ${their.error ?? their.stage}`)
  assert.equal(code, 0)
  assert.equal(their.handshakeHash, our.handshakeHash)
  assert.equal(our.remoteStatic, toHex(theirs.staticKey?.publicKey ?? new Uint8Array(0)))
  assert.equal(their.remoteStatic, toHex(ours.staticKey?.publicKey ?? new Uint8Array(0)))
  assert.deepEqual(our.payloads, theirs.payloads.slice(0, our.payloads.length).map(toHex))
  assert.deepEqual(their.payloads, ours.payloads.slice(0, their.payloads.length).map(toHex))
  assert.deepEqual(their.received, our.sent)
  assert.deepEqual(our.received, their.sent)
}
