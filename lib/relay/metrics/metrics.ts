import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client'
import { RELAY_CODES } from '../../nova/index.js'
import type { StoreReport } from '../../store/index.js'
import { HushwireError } from '../../stream/index.js'
import type { Relay, RelayEvent } from '../server/index.js'

const CODE_NAMES: Readonly<Record<number, string>> = Object.fromEntries(Object.entries(RELAY_CODES).map(([name, code]) => [code, name]))

/** What is counted of a relay. */
export interface RelayMetrics {
  /** All of it, nothing else; not the registry of the process. */
  readonly registry: Registry
  /** For `onEvent` of `startRelay`. */
  readonly onEvent: (event: RelayEvent) => void
  /** For `onReport` of `openSqliteStore`. */
  readonly onReport: (report: StoreReport) => void
  /** Asks a relay at each reading for its connections and for what its mailbox holds. */
  watch(relay: Pick<Relay, 'connections' | 'mailbox'>): void
}

/**
 * Counters and gauges of a relay, and of its process (CPU, memory, the delay of the event loop). No label is made from what others
 * send: codes and types alone.
 *
 * @example
 * ```ts
 * import { createIdentity } from 'hushwire/nova'
 * import { relayMetrics, serveMetrics } from 'hushwire/relay/metrics'
 * import { startRelay } from 'hushwire/relay/server'
 *
 * const metrics = relayMetrics()
 * const relay = await startRelay({ identity: createIdentity(), tcp: { port: 0 }, onEvent: metrics.onEvent })
 * metrics.watch(relay)
 * const page = await serveMetrics({ metrics, health: () => ({ healthy: !relay.draining, ready: !relay.draining }) })
 * await Promise.all([relay.close(), page.close()])
 * ```
 */
export function relayMetrics (): RelayMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const counter = (name: string, help: string, label?: string): Counter => new Counter({ name: `hushwire_relay_${name}`, help, labelNames: label === undefined ? [] : [label], registers: [registry] })
  const connected = counter('connected_total', 'Connections that said hello')
  const refused = counter('refused_total', 'Connections that were not let in, by code', 'code')
  const disconnected = counter('disconnected_total', 'Connections that are gone, by cause', 'cause')
  const takenOver = counter('taken_over_total', 'Connections that gave way to a newer one of the same identity')
  const registered = counter('registered_total', 'Accounts that were made')
  const packets = counter('forwarded_packets_total', 'Live packets that were handed on whole')
  const bytes = counter('forwarded_bytes_total', 'Bytes of their bodies')
  const undelivered = counter('undelivered_packets_total', 'Packets that were refused or not delivered whole, by code', 'code')
  const brokenOff = counter('broken_off_packets_total', 'Live packets that one of the two ends gave up', 'by')
  const answered = counter('requests_total', 'Requests that were answered, by code', 'code')
  const mail = counter('mail_total', 'Messages: stored, duplicate, delivered, taken, undelivered, expired', 'what')
  const mailBytes = counter('mail_bytes_total', 'Bytes of messages: stored, delivered', 'what')
  const slow = counter('slow_consumers_total', 'Connections cut since they took nothing')
  const silent = counter('heartbeat_losses_total', 'Connections cut since they did not answer a ping')
  const failures = counter('failures_total', 'Work of the relay itself that failed, by code', 'code')
  const reports = counter('store_reports_total', 'Reports of damage by the store, by type', 'type')
  const mailOf = (what: string, messages: number, length?: number): void => {
    mail.inc({ what }, messages)
    if (length !== undefined) mailBytes.inc({ what }, length)
  }
  const count = (event: RelayEvent): void => {
    switch (event.type) {
      case 'connected': connected.inc(); break
      case 'refused': refused.inc({ code: labelOf(event.error) }); break
      case 'registered': registered.inc(); break
      case 'taken-over': takenOver.inc(); break
      case 'disconnected': disconnected.inc({ cause: event.error === undefined ? 'end' : labelOf(event.error) }); break
      case 'forwarded': packets.inc(); bytes.inc(event.bytes); break
      case 'undelivered': undelivered.inc({ code: nameOf(event.code) }); break
      case 'answered': answered.inc({ code: nameOf(event.code) }); break
      case 'mail-stored': mailOf('stored', 1, event.bytes); break
      case 'mail-duplicate': mailOf('duplicate', 1); break
      case 'mail-delivered': mailOf('delivered', 1, event.bytes); break
      case 'mail-taken': mailOf('taken', event.messages); break
      case 'mail-undelivered': mailOf('undelivered', 1); break
      case 'mail-expired': mailOf('expired', event.messages); break
      case 'slow-consumer': slow.inc(); break
      case 'silent': silent.inc(); break
      case 'failed': failures.inc({ code: labelOf(event.error) }); break
      case 'broken-off': case 'stopped': brokenOff.inc({ by: event.type === 'stopped' ? 'target' : 'sender' }); break
      case 'draining': case 'drained': break
    }
  }
  return { registry, onEvent: count, onReport: ({ type }) => { reports.inc({ type }) }, watch: relay => { watch(registry, relay) } }
}

function watch (registry: Registry, relay: Pick<Relay, 'connections' | 'mailbox'>): void {
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    registry.registerMetric(new Gauge({
      name: `hushwire_relay_${name}`,
      help,
      registers: [],
      async collect () { this.set(await read()) }
    }))
  }
  gauge('connections', 'Connections that stand or are in their handshake', () => relay.connections)
  gauge('mailbox_messages', 'Messages that wait for their recipients', async () => (await relay.mailbox.usage()).messages)
  gauge('mailbox_bytes', 'Bytes of those messages', async () => (await relay.mailbox.usage()).bytes)
}

function nameOf (code: number): string { return CODE_NAMES[code] ?? 'other' }

/** Of ours alone, since a label must not grow with what others send. */
function labelOf (error: Error): string { return error instanceof HushwireError ? error.code : 'other' }
