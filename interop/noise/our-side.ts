import { toHex } from '../../lib/bytes/index.js'
import { crypto } from '../../lib/crypto/index.js'
import type { Duplex } from '../../lib/stream/index.js'
import { failureOf, Tally, type Report } from './report.js'
import type { Amount, Scenario, Side, Step } from './scenario.js'

/** What our side speaks through once the handshake is done. */
export interface Wire {
  readonly handshakeHash: Uint8Array
  readonly remoteStatic: Uint8Array | undefined
  /** Sends a message, at the latest before the next read has to wait. */
  write(message: Uint8Array): Promise<void>
  /** The next message, which is to have so many bytes; only until the next read. */
  read(size: number): Promise<Uint8Array>
  /** Changes the keys of both directions. */
  rekey(): void
  /** Half-closes, and waits for the end of the other side, which has nothing more to say. */
  end(): Promise<void>
  abort(reason: Error): void
}

/** Does the handshake; `onPayload` is given the payloads that come. */
export type OpenWire = (duplex: Duplex, scenario: Scenario, side: Side, onPayload: (payload: Uint8Array) => void) => Promise<Wire>

/** Our side of a scenario. Never rejects: what goes wrong is in the report. */
export async function ourSide (open: OpenWire, duplex: Duplex, scenario: Scenario, side: Side): Promise<Report> {
  const [sent, received, payloads] = [new Tally(), new Tally(), [] as string[]]
  let stage: Report['stage'] = 'handshake'
  let [handshakeHash, remoteStatic] = ['', '']
  let abort = (reason: Error): void => { duplex.abort(reason) }
  const report = (): Report => ({ stage, handshakeHash, remoteStatic, payloads, sent: sent.total(), received: received.total() })
  try {
    const wire = await open(duplex, scenario, side, payload => { payloads.push(toHex(payload)) })
    abort = reason => { wire.abort(reason) }
    handshakeHash = toHex(wire.handshakeHash)
    remoteStatic = toHex(wire.remoteStatic ?? new Uint8Array(0))
    stage = 'transport'
    for (const step of scenario.steps) await run(step, wire, sent, received)
    stage = 'end'
    await wire.end()
    stage = 'done'
    return report()
  } catch (error) {
    abort(error instanceof Error ? error : new Error(String(error)))
    return { ...report(), ...failureOf(error) }
  }
}

async function run (step: Step, wire: Wire, sent: Tally, received: Tally): Promise<void> {
  if (step.do === 'rekey') wire.rekey()
  else if (step.do === 'send') await send(step, wire, sent)
  else if (step.do === 'receive') await receive(step, wire, received)
  // at the same time: a peer that waits until its echo is taken takes nothing more itself
  else await Promise.all([send(step, wire, sent), receive(step, wire, received)])
}

async function send ({ messages, size }: Amount, wire: Wire, sent: Tally): Promise<void> {
  const content = crypto.randomBytes(size)
  for (let index = 0; index < messages; index++) {
    // the bytes are the reader's of the wire from then on
    const message = new Uint8Array(content)
    new DataView(message.buffer).setUint32(0, index)
    sent.count(message)
    await wire.write(message)
  }
}

async function receive ({ messages, size }: Amount, wire: Wire, received: Tally): Promise<void> {
  for (let index = 0; index < messages; index++) received.count(await wire.read(size))
}
