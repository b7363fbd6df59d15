import { readFile } from 'node:fs/promises'
import { formatUuid, parseUuid } from '../../bytes/index.js'
import type { Identity } from '../../nova/index.js'
import { mlKem768 } from '../../noise/hybrid.js'
import { relayPage } from '../../relay/index.js'
import { relayMetrics, serveMetrics } from '../../relay/metrics/index.js'
import { rateAdmission, startRelay, type Registration, type Relay, type RelayEvent, type RelayOptions } from '../../relay/server/index.js'
import { memoryStore, type Store, type StoreReport } from '../../store/index.js'
import { openSqliteStore } from '../../store/sqlite/index.js'
import { asError } from '../../stream/index.js'
import type { Address, ServerTls } from '../../transport/tcp.js'
import { parseAddress } from '../ctr/address.js'
import { cliError, failureCode } from '../errors.js'
import { reasonOf } from '../platform-reason.js'
import { addressesOf, addressesToBe, type Addresses } from './addresses.js'
import { serveAdmin } from './admin.js'
import { Closers } from './closers.js'
import { RelayHealth } from './health.js'
import type { KeptIdentity } from './identity-file.js'
import { logEvent, logListener, logReport, type Logger } from './log.js'
import { pageOf } from './page.js'
import type { Settings } from './settings.js'

/** A relay with all that belongs to it, as a process runs it. */
export interface Serving {
  readonly relay: Relay
  /** What clients are given. */
  readonly addresses: Addresses
  /** Where the page is, if there is one. */
  readonly page: string | undefined
  /** Reads the files of the certificate again. @returns false when none is set @throws ERR_CLI_CERTIFICATE, ERR_TRANSPORT_CERTIFICATE (as rejections) */
  reload(): Promise<boolean>
  /** Finishes what is under way, then lets go of everything. Never rejects. */
  drain(): Promise<void>
}

/**
 * Starts a relay by its settings. What has been opened is let go of when the rest cannot be.
 *
 * @param kept - the relay's identity, which is written down once the relay listens
 * @throws ERR_CLI_CONFIG, ERR_CLI_OPTION, ERR_CLI_IDENTITY, ERR_CLI_CERTIFICATE, and what store, listeners and relay do (as rejections)
 */
export async function serve (settings: Settings, kept: KeptIdentity, log: Logger): Promise<Serving> {
  const closers = new Closers(error => { log.error({ event: 'close-failed', code: failureCode(error) }) })
  try {
    return await open(settings, kept, log, closers)
  } catch (error) {
    await closers.close()
    throw error
  }
}

async function open (settings: Settings, { identity, keep }: KeptIdentity, log: Logger, closers: Closers): Promise<Serving> {
  const options = optionsOf(settings)
  // what is wrong with it is told before anything listens
  addressesToBe(settings, identity.publicKey)
  const tls = await readTls(settings)
  const metrics = relayMetrics()
  const onReport = (report: StoreReport): void => {
    metrics.onReport(report)
    logReport(log, report)
  }
  const store: Store = settings.store.memory ? memoryStore() : await openSqliteStore({ folder: settings.store.folder, onReport })
  closers.add(() => store.close())
  const health = new RelayHealth(store, () => relay.draining, code => { log.error({ event: 'store-failed', code }) })
  const onEvent = (event: RelayEvent): void => {
    metrics.onEvent(event)
    health.note(event)
    logEvent(log, event)
  }
  const admission = rateAdmission(settings['limits.admission'])
  const door = { tls, admit: (remote: { host: string }) => admission.enter(remote.host), onError: (error: Error, remote?: Address) => { logListener(log, error, remote) } }
  const page = options.websocket && pageOf(settings, identity, log)
  const relay: Relay = await startRelay({
    ...options,
    identity,
    store,
    admission,
    onEvent,
    tcp: options.tcp && { ...options.tcp, ...door },
    websocket: options.websocket && { ...options.websocket, ...door, onRequest: page }
  })
  closers.add(() => relay.close())
  metrics.watch(relay)
  if (settings.metrics.address !== '') {
    const { maxConnections, requestTimeout } = settings.metrics
    const server = await serveMetrics({ ...parseAddress(settings.metrics.address), metrics, health: () => health.ask(), limits: { maxConnections, requestTimeout } })
    closers.add(() => server.close())
    log.info({ event: 'metrics', ...server.address })
  }
  // not before it listens, so that a start that fails leaves none; nobody can have pinned it yet
  await keep()
  if (!settings.store.memory) await admin(settings, relay, log, closers)
  const addresses = addressesOf(settings, relay, identity.publicKey)
  tell(log, relay, identity, settings, addresses)
  const link = page === undefined || addresses.websocket === undefined ? undefined : relayPage(addresses.websocket)
  if (link !== undefined) log.info({ event: 'page', url: link })
  const { rule, ids } = settings.registration
  if (rule === 'allowlist' && ids.length === 0) log.warn({ event: 'nobody-can-register', rule, ids })
  return {
    relay,
    addresses,
    page: link,
    reload: async () => {
      const next = await readTls(settings)
      if (next !== undefined) relay.reload(next)
      return next !== undefined
    },
    drain: async () => {
      await relay.drain()
      await closers.close()
    }
  }
}

function optionsOf (settings: Settings): Omit<RelayOptions, 'identity'> {
  const { listen, websocket, base } = { listen: settings['listen.tcp'], websocket: settings['listen.websocket'], base: settings[''] }
  if (listen.address === '' && websocket.address === '') throw cliError('ERR_CLI_OPTION', 'the relay listens nowhere; give --tcp or --websocket')
  return {
    presence: base.presence,
    postQuantum: base.postQuantum === 'off' ? undefined : { mode: base.postQuantum, kem: mlKem768 },
    unknownTarget: base.unknownTarget,
    slowConsumer: base.slowConsumer,
    registration: registrationOf(settings),
    limits: { ...settings.limits, link: settings['limits.link'], mailbox: settings['limits.mailbox'], directory: settings['limits.directory'] },
    tcp: listen.address === '' ? undefined : { ...parseAddress(listen.address), backlog: listen.backlog },
    websocket: websocket.address === '' ? undefined : { ...parseAddress(websocket.address), path: websocket.path, trustProxy: websocket.trustProxy }
  }
}

function registrationOf ({ registration: { rule, ids } }: Settings): Registration {
  if (rule !== 'allowlist') return { rule }
  return {
    rule,
    ids: ids.map(id => {
      try {
        return parseUuid(id)
      } catch (error) {
        throw cliError('ERR_CLI_CONFIG', `registration.ids: ${id} is no UUID`, error)
      }
    })
  }
}

async function readTls ({ tls: { cert, key } }: Settings): Promise<ServerTls | undefined> {
  if (cert === '' && key === '') return undefined
  if (cert === '' || key === '') throw cliError('ERR_CLI_CERTIFICATE', 'tls.cert and tls.key are needed both')
  const file = (path: string): Promise<Buffer> => readFile(path).catch((error: unknown) => { throw cliError('ERR_CLI_CERTIFICATE', `${path}: ${reasonOf(error)}`, error) })
  return { cert: await file(cert), key: await file(key) }
}

/** Without it a relay works too: invites are then made while it is stopped. */
async function admin ({ store: { folder }, registration: { rule } }: Settings, relay: Relay, log: Logger, closers: Closers): Promise<void> {
  try {
    const socket = await serveAdmin(folder, { rule, invite: async () => Buffer.from(await relay.invite()).toString('base64url') })
    closers.add(() => socket.close())
  } catch (error) {
    log.warn({ event: 'admin', code: failureCode(asError(error)) })
  }
}

function tell (log: Logger, relay: Relay, { id, publicKey }: Identity, settings: Settings, addresses: Addresses): void {
  const about = { event: 'listening', id: formatUuid(id), publicKey: Buffer.from(publicKey).toString('base64url'), tls: settings.tls.cert !== '' }
  if (relay.tcp !== undefined) log.info({ ...about, transport: 'tcp', ...relay.tcp, address: addresses.tcp })
  if (relay.websocket !== undefined) log.info({ ...about, transport: 'websocket', url: relay.websocket, address: addresses.websocket })
}
