import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { tuneCollector } from '../../lib/cli/collector.js'
import { createIdentity } from '../../lib/nova/index.js'
import { rateAdmission, startRelay, type AdmissionLimits, type RelayLimits } from '../../lib/relay/server/index.js'
import { openSqliteStore } from '../../lib/store/sqlite/index.js'
import type { Place } from './peer.js'
import { probes, type Probed } from './probe.js'

/** How a relay is started. */
export interface RelayActorOptions {
  /** Where mail and accounts are kept. Default: memory. */
  readonly store?: 'memory' | 'sqlite' | undefined
  readonly limits?: RelayLimits | undefined
  /** Rates and counts by address and identity. Default: none but those in `limits`. */
  readonly admission?: AdmissionLimits | undefined
  /** Default: 127.0.0.1. */
  readonly host?: string | undefined
}

/** The relay's process. */
export interface RelayActor extends Probed {
  place(): Promise<Place>
  /** Connections that stand, and how often each kind of event has been reported. */
  state(): Promise<{ readonly connections: number, readonly handles: number, readonly events: Readonly<Record<string, number>> }>
}

/** Starts a relay on loopback, with the collector as `hushwire relay` has it. */
export async function relay ({ store = 'memory', limits, admission, host }: RelayActorOptions): Promise<RelayActor> {
  tuneCollector()
  const identity = createIdentity()
  const events: Record<string, number> = {}
  const count = (type: string): void => { events[type] = (events[type] ?? 0) + 1 }
  const server = await startRelay({
    identity,
    tcp: { port: 0, host },
    store: store === 'sqlite' ? await openSqliteStore({ folder: folder(), onReport: ({ type }) => { count(type) } }) : undefined,
    limits,
    admission: admission === undefined ? undefined : rateAdmission(admission),
    onEvent: ({ type }) => { count(type) }
  })
  return {
    ...probes,
    place: async () => ({ port: server.tcp?.port ?? 0, proof: identity.publicKey }),
    state: async () => ({ connections: server.connections, handles: process.getActiveResourcesInfo().length, events })
  }
}

/** A folder that is gone with the process. */
function folder (): string {
  const path = mkdtempSync(join(tmpdir(), 'hushwire-bench-'))
  process.once('exit', () => { rmSync(path, { recursive: true, force: true }) })
  return path
}
