import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { codeOf, deferred, limitsOf, type LimitsOf } from '../../stream/index.js'
import { hostAndPort } from '../../transport/host-and-port.js'
import type { Address } from '../../transport/tcp.js'
import { relayError } from '../errors.js'
import type { RelayMetrics } from './metrics.js'

/** The limits of the page and their defaults. */
export const METRICS_LIMITS = {
  /** Connections that may stand at a time; more are turned away. */
  maxConnections: 16,
  /** Milliseconds for a request. */
  requestTimeout: 5000
} as const

/** How a relay is. */
export interface Health {
  /** It works: false while it drains, or when its store has failed. */
  readonly healthy: boolean
  /** It takes connections. */
  readonly ready: boolean
}

/** Options of {@link serveMetrics}. */
export interface MetricsOptions {
  readonly metrics: Pick<RelayMetrics, 'registry'>
  /** Asked for each page of health. */
  readonly health: () => Health | Promise<Health>
  /** Default 127.0.0.1: only this machine. Who can reach the page sees how many come and how much they send. */
  readonly host?: string | undefined
  /** Default 0: any free port. */
  readonly port?: number | undefined
  readonly limits?: LimitsOf<typeof METRICS_LIMITS> | undefined
}

/** The page, served. */
export interface MetricsServer {
  readonly address: Address
  /** Stops, and ends the requests that are under way. Never rejects. */
  close(): Promise<void>
}

type Page = readonly [status: number, type: string, body: string]

/**
 * Serves `GET /metrics` (Prometheus), `GET /health` and `GET /ready` (200, else 503) by HTTP, without TLS and without a question
 * who asks.
 *
 * @throws ERR_LIMIT_OPTION, ERR_RELAY_METRICS when it cannot listen there (as rejections)
 */
export async function serveMetrics ({ metrics, health, host = '127.0.0.1', port = 0, limits = {} }: MetricsOptions): Promise<MetricsServer> {
  const { maxConnections, requestTimeout } = limitsOf(METRICS_LIMITS, limits)
  const pages: Readonly<Record<string, () => Promise<Page>>> = {
    '/metrics': async () => [200, metrics.registry.contentType, await metrics.registry.metrics()],
    '/health': async () => verdict((await health()).healthy),
    '/ready': async () => verdict((await health()).ready)
  }
  const times = { headersTimeout: requestTimeout, requestTimeout, keepAliveTimeout: requestTimeout, connectionsCheckingInterval: Math.min(requestTimeout, 1000) }
  const server = createServer({ ...times, maxHeaderSize: 8192 }, (request, response) => {
    void answer(pages, request, response)
  })
  server.maxConnections = maxConnections
  const listening = deferred()
  server.once('error', listening.reject)
  server.listen({ host, port }, listening.resolve)
  await listening.promise.catch((error: unknown) => { throw relayError('ERR_RELAY_METRICS', [hostAndPort({ host, port }), codeOf(error)].filter(Boolean).join(', '), error) })
  const { address, port: taken } = server.address() as AddressInfo
  return { address: { host: address, port: taken }, close: () => stop(server) }
}

function verdict (well: boolean): Page {
  return [well ? 200 : 503, 'text/plain; charset=utf-8', well ? 'ok\n' : 'unavailable\n']
}

async function answer (pages: Readonly<Record<string, () => Promise<Page>>>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '' } = request
  const [path = ''] = url.split('?')
  const page = Object.hasOwn(pages, path) ? pages[path] : undefined
  const [status, type, body] = page === undefined ? plain(404) : method !== 'GET' && method !== 'HEAD' ? plain(405) : await page().catch(() => plain(503))
  // no bodies are read, so none may follow
  const headers = { 'content-type': type, 'content-length': Buffer.byteLength(body), ...method === 'GET' || method === 'HEAD' ? {} : { connection: 'close' } }
  response.writeHead(status, headers).end(method === 'HEAD' ? undefined : body)
}

function plain (status: number): Page {
  return [status, 'text/plain; charset=utf-8', `${status}\n`]
}

function stop (server: Server): Promise<void> {
  return new Promise(resolve => {
    server.close(() => { resolve() })
    server.closeAllConnections()
  })
}
