import { strict as assert } from 'node:assert'
import { toHex } from '../../lib/bytes/index.js'
import { noiseProtocol, type Role } from '../../lib/noise/index.js'
import type { CaseContext } from '../harness/peer.js'
import { openChannel } from './channel.js'
import { openMachine } from './machine.js'
import { ourSide } from './our-side.js'
import type { Report, Traffic } from './report.js'
import { configurationOf, sidesOf, SPOILT_MESSAGE, type Scenario, type Side } from './scenario.js'

/** Our side and the peer do the scenario, and agree on everything they report. */
export async function meet (context: CaseContext, scenario: Scenario): Promise<void> {
  const { ours, theirs } = sidesOf(scenario)
  const { our, their, code } = await talk(context, scenario, ours, theirs)
  assert.equal(`${our.stage}, ${their.stage}`, 'done, done', `we: ${our.error ?? our.stage}; the peer: ${their.error ?? their.stage}`)
  assert.equal(code, 0)
  assert.equal(our.handshakeHash.length, 2 * noiseProtocol(scenario.protocol).hash.length)
  assert.equal(their.handshakeHash, our.handshakeHash)
  assert.equal(our.remoteStatic, publicKeyOf(theirs))
  assert.equal(their.remoteStatic, publicKeyOf(ours))
  assert.deepEqual(our.payloads, payloadsOf(scenario, theirs))
  assert.deepEqual(their.payloads, payloadsOf(scenario, ours))
  assert.deepEqual(comparable(their.received, scenario), comparable(our.sent, scenario))
  assert.deepEqual(comparable(our.received, scenario), comparable(their.sent, scenario))
}

/** The channel layer cuts and gathers what it is given to write, so numbers of messages say nothing there. */
function comparable (traffic: Traffic, { channel }: Scenario): Partial<Traffic> {
  return channel === true ? { bytes: traffic.bytes, sha256: traffic.sha256 } : traffic
}

/**
 * Something is wrong in the scenario. The side `refuses` finds it by cryptography, takes nothing of what is wrong and
 * ends the connection; the other side takes that for no proper end.
 */
export async function refuse (context: CaseContext, scenario: Scenario, refuses: Role): Promise<void> {
  const { ours, theirs } = sidesOf(scenario)
  const { our, their, code } = await talk(context, scenario, ours, theirs)
  const said = `we: ${our.error ?? our.stage}; the peer: ${their.error ?? their.stage}`
  const [one, other] = refuses === ours.role ? [our, their] : [their, our]
  assert.equal(`${one.kind ?? one.stage}, ${other.kind ?? other.stage}`, 'refused, ended', said)
  assert.equal(code, 1, said)
  const tampered = ours.tamperAt !== undefined || theirs.tamperAt !== undefined
  assert.equal(one.stage, tampered ? 'transport' : 'handshake', said)
  assert.equal(one.received.messages, tampered ? SPOILT_MESSAGE : 0, said)
  assert.equal(other.received.messages, 0, said)
}

async function talk (context: CaseContext, scenario: Scenario, ours: Side, theirs: Side): Promise<{ our: Report, their: Report, code: number }> {
  const peer = await context.start(configurationOf(scenario, theirs))
  const our = await ourSide(scenario.channel === true ? openChannel : openMachine, peer.connection, scenario, ours)
  const { code, report } = await peer.end()
  return { our, their: report as Report, code }
}

function publicKeyOf (side: Side): string {
  return toHex(side.staticKey?.publicKey ?? new Uint8Array(0))
}

/** The payloads of the messages that this side sends, as many as the pattern has of them. */
function payloadsOf ({ protocol }: Scenario, { role, payloads }: Side): string[] {
  const messages = noiseProtocol(protocol).pattern.messages.filter((_, message) => (message % 2 === 0) === (role === 'initiator'))
  return messages.map((_, index) => toHex(payloads[index] ?? new Uint8Array(0)))
}
