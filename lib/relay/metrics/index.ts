/**
 * Metrics of a relay for Prometheus, and the page of its health, in Node. An entry of its own, so that a relay without them does
 * not load prom-client.
 *
 * @module relay/metrics
 */
export { relayMetrics, type RelayMetrics } from './metrics.js'
export { METRICS_LIMITS, serveMetrics, type Health, type MetricsOptions, type MetricsServer } from './page.js'
