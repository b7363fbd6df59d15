import test from 'ava'
import { connect } from 'node:net'
import { once } from 'node:events'
import { randomUuid } from '../../lib/bytes/index.js'
import { RelayHealth } from '../../lib/cli/relay/health.js'
import { logEvent, logReport, relayLog } from '../../lib/cli/relay/log.js'
import { RELAY_CODES } from '../../lib/nova/index.js'
import { relayMetrics, serveMetrics } from '../../lib/relay/metrics/index.js'
import type { RelayEvent } from '../../lib/relay/server/index.js'
import { relayError } from '../../lib/relay/errors.js'
import { memoryStore, type Store } from '../../lib/store/index.js'
import { storeError } from '../../lib/store/errors.js'
import { VirtualClock } from '../simulation/clock.js'
import { codeOf } from '../support/sources.js'
import { member, text } from './raw.js'
import { serve } from './server-support.js'

const [id, other] = [randomUuid(), randomUuid()]
const header = { source: id, target: other, kind: 7n }
const error = relayError('ERR_RELAY_RATE')
const SECRET = 'token=hunter2'
const foreign = Object.assign(new Error(SECRET), { code: 'ECONNRESET' })

/** One of each. */
const EVENTS: { readonly [Type in RelayEvent['type']]: Extract<RelayEvent, { type: Type }> } = {
  connected: { type: 'connected', id, address: '203.0.113.9' },
  refused: { type: 'refused', address: undefined, error: foreign },
  registered: { type: 'registered', id },
  'taken-over': { type: 'taken-over', id },
  disconnected: { type: 'disconnected', id, address: '203.0.113.9', greeted: true, error },
  forwarded: { type: 'forwarded', header, bytes: 3 },
  undelivered: { type: 'undelivered', header, code: RELAY_CODES.offline, error: undefined },
  'broken-off': { type: 'broken-off', header, error },
  stopped: { type: 'stopped', header, error },
  answered: { type: 'answered', id, operation: undefined, code: 12345, error: undefined },
  'mail-stored': { type: 'mail-stored', sender: id, recipient: other, bytes: 5 },
  'mail-duplicate': { type: 'mail-duplicate', sender: id, recipient: other },
  'mail-delivered': { type: 'mail-delivered', sender: id, recipient: other, bytes: 5 },
  'mail-taken': { type: 'mail-taken', recipient: other, messages: 4 },
  'mail-undelivered': { type: 'mail-undelivered', recipient: other, error },
  'mail-expired': { type: 'mail-expired', messages: 6 },
  'slow-consumer': { type: 'slow-consumer', id },
  silent: { type: 'silent', id },
  draining: { type: 'draining' },
  drained: { type: 'drained', unfinished: 2 },
  failed: { type: 'failed', error: storeError('ERR_STORE_IO') }
}

test('every event is counted or left, and labels are of ours alone', async t => {
  const metrics = relayMetrics()
  for (const event of Object.values(EVENTS)) metrics.onEvent(event)
  metrics.onReport({ type: 'record-damaged', key: text(SECRET), bytes: 3 })
  const page = await metrics.registry.metrics()
  for (const line of [
    'refused_total{code="other"} 1', 'disconnected_total{cause="ERR_RELAY_RATE"} 1', 'taken_over_total 1', 'forwarded_bytes_total 3',
    'undelivered_packets_total{code="offline"} 1', 'requests_total{code="other"} 1', 'broken_off_packets_total{by="sender"} 1', 'broken_off_packets_total{by="target"} 1',
    'mail_total{what="taken"} 4', 'mail_total{what="expired"} 6', 'mail_total{what="duplicate"} 1', 'mail_total{what="undelivered"} 1', 'mail_bytes_total{what="stored"} 5',
    'slow_consumers_total 1', 'heartbeat_losses_total 1', 'failures_total{code="ERR_STORE_IO"} 1', 'store_reports_total{type="record-damaged"} 1'
  ]) t.true(page.includes(`hushwire_relay_${line}\n`), line)
  t.false(page.includes(SECRET))
  // two relays of a process have two registries
  t.notThrows(() => relayMetrics())
})

test('a log line has ids, addresses and codes, and no sentence of an error that is not ours', t => {
  const lines: string[] = []
  const log = relayLog('debug', { write: line => { lines.push(line) } })
  for (const event of Object.values(EVENTS)) logEvent(log, event)
  logReport(log, { type: 'record-damaged', key: text(SECRET), bytes: 3 })
  logReport(log, { type: 'file-damaged', kept: '/kept', detail: 'not sound', records: 3 })
  logReport(log, { type: 'commits-lost', kept: undefined, commits: 3 })
  t.is(lines.length, Object.keys(EVENTS).length + 3)
  t.false(lines.join('').includes('hunter2'))
  const told = lines.map(line => JSON.parse(line) as Record<string, unknown>)
  const allowed = new Set(['level', 'time', 'event', 'id', 'sender', 'recipient', 'address', 'bytes', 'messages', 'operation', 'unfinished', 'source', 'target', 'kind', 'code', 'error', 'kept', 'detail', 'records', 'commits'])
  for (const line of told) for (const key of Object.keys(line)) t.true(allowed.has(key), key)
  t.is(told.find(({ event }) => event === 'refused')?.['error'], 'ECONNRESET')
  t.is(told.find(({ event }) => event === 'undelivered')?.['kind'], '7')
  const quiet: string[] = []
  const warnings = relayLog('warn', { write: line => { quiet.push(line) } })
  for (const event of Object.values(EVENTS)) logEvent(warnings, event)
  t.is(quiet.length, 4)
})

test('the page: what is asked for wrongly, and what hangs', async t => {
  const metrics = relayMetrics()
  let broken = false
  const page = await serveMetrics({ metrics, health: () => { if (broken) throw error; return { healthy: true, ready: false } }, limits: { maxConnections: 3, requestTimeout: 100 } })
  const url = `http://127.0.0.1:${page.address.port}`
  t.is((await fetch(`${url}/health?x=1`)).status, 200)
  t.is((await fetch(`${url}/ready`)).status, 503)
  t.is((await fetch(`${url}/health`, { method: 'HEAD' })).status, 200)
  t.is((await fetch(`${url}/constructor`)).status, 404)
  broken = true
  t.is((await fetch(`${url}/health`)).status, 503)
  const idle = connect(page.address.port, '127.0.0.1')
  idle.write('GET /metrics HTTP/1.1\r\n')
  idle.resume()
  await once(idle, 'close')
  t.is(await codeOf(serveMetrics({ metrics, health: () => ({ healthy: true, ready: true }), port: page.address.port })), 'ERR_RELAY_METRICS')
  t.is(await codeOf(serveMetrics({ metrics, health: () => ({ healthy: true, ready: true }), limits: { maxConnections: 0 } })), 'ERR_LIMIT_OPTION')
  await page.close()
})

/** A store that fails to write while `fails` is set. */
function faulty (): { store: Store, fails: boolean } {
  const inner = memoryStore()
  const disk: { store: Store, fails: boolean } = {
    fails: false,
    store: {
      quarantined: 0,
      read: work => inner.read(work),
      write: work => disk.fails ? Promise.reject(storeError('ERR_STORE_SPACE')) : inner.write(work),
      close: () => inner.close()
    }
  }
  return disk
}

test('health follows the store and the drain', async t => {
  const disk = faulty()
  let draining = false
  const told: string[] = []
  const health = new RelayHealth(disk.store, () => draining, code => { told.push(code) })
  t.deepEqual(await health.ask(), { healthy: true, ready: true })
  disk.fails = true
  health.note(EVENTS.failed)
  t.deepEqual(await health.ask(), { healthy: false, ready: false })
  health.note(EVENTS['mail-stored'])
  t.true((await health.ask()).healthy)
  // who runs the relay is told, and not of each
  health.note(EVENTS.failed)
  t.is(told.length, 1)
  t.regex(told[0] ?? '', /^ERR_STORE_/)
  health.note(EVENTS['mail-stored'])
  draining = true
  t.false((await health.ask()).healthy)
  draining = false
  await disk.store.close()
  t.false((await health.ask()).healthy)
})

test.serial('of a store that goes on failing, who runs the relay is told once a minute', t => {
  let told = 0
  const health = new RelayHealth(faulty().store, () => false, () => { told++ })
  const clock = new VirtualClock(Math.random)
  const toldAt = (time: number): number => {
    clock.now = time
    health.note(EVENTS.failed)
    return told
  }
  clock.install()
  t.teardown(() => { clock.uninstall() })
  t.deepEqual([0, 1, 59_999, 60_000, 60_001, 119_999, 120_000].map(toldAt), [1, 1, 1, 2, 2, 2, 3])
})

test('a store that failed and works again is healthy again without any mail, and nothing is left in it', async t => {
  const disk = faulty()
  const health = new RelayHealth(disk.store, () => false, () => {})
  disk.fails = true
  health.note(EVENTS.failed)
  t.false((await health.ask()).healthy)
  disk.fails = false
  const asked = health.ask()
  health.note({ ...EVENTS.failed })
  t.false((await asked).healthy, 'it failed meanwhile')
  t.true((await health.ask()).healthy)
  t.deepEqual(await disk.store.read(view => [...view.keys({ from: new Uint8Array(), to: Uint8Array.of(255) })]), [])
})

test('a relay that is watched', async t => {
  const metrics = relayMetrics()
  const server = await serve({ onEvent: metrics.onEvent })
  metrics.watch(server.relay)
  const [alice, bob] = [await member(server), await member(server)]
  await alice.mail(bob.id, text('five!'))
  const page = await metrics.registry.metrics()
  for (const line of ['connections 2', 'mailbox_messages 1', 'connected_total 2']) t.true(page.includes(`hushwire_relay_${line}\n`), line)
  await Promise.all([alice.close(), bob.close(), server.relay.close()])
})
