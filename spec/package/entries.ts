import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../support/root.js'

/** A bundle for browsers that is measured, and the most that it may weigh. */
export interface BrowserEntry {
  /** Name of the entry point in the exports map, without the package's name. */
  readonly entry: string
  /** Bytes of the minified bundle after gzip, everything it imports included. */
  readonly limit: number
}

/**
 * What browsers load. Limits stand a little above what was measured, so that growth is a decision: raise one
 * together with the change that needs it.
 */
export const browserEntries: readonly BrowserEntry[] = [
  // 7,000; then the checks of options that relay, clients and mail share
  { entry: 'stream', limit: 8_400 },
  { entry: 'bytes', limit: 4_000 },
  { entry: 'crypto', limit: 28_500 },
  { entry: 'zlib', limit: 17_000 },
  { entry: 'transport/memory', limit: 4_500 },
  { entry: 'transport/websocket', limit: 4_600 },
  { entry: 'transport/libp2p', limit: 4_500 },
  { entry: 'noise', limit: 42_000 },
  { entry: 'noise/hybrid', limit: 9_500 },
  // 68,300; then the hybrid handshake, checks of arguments with sentences that help, and Control; then streams at level 0 without zlib
  { entry: 'nova', limit: 79_500 },
  { entry: 'nova/mail', limit: 51_200 },
  // Nova's packets carry Control
  { entry: 'libp2p', limit: 84_000 },
  { entry: 'ctr', limit: 38_000 },
  { entry: 'store', limit: 10_500 },
  { entry: 'store/indexeddb', limit: 6_000 },
  // a whole client: Nova, mail, the store in memory, reconnection, streams, pairing
  { entry: 'relay', limit: 103_500 },
  { entry: 'relay/qr', limit: 5_000 },
  // 2,600; then how names look, and answers to pings, which commands and the page share
  { entry: 'chat', limit: 3_800 },
  // 40,000; then who gives a place up to whom, and a client's stores and pauses
  { entry: 'files', limit: 41_000 }
]

/**
 * The most that all files of the page may weigh after gzip: a client with chat, files and QR codes, and what shows it. 139,000; then names that
 * are told apart, answers to pings, and the dialog for a relay with another key; then what the client of the relay has grown by, and that a code has a time and a link is looked at;
 * then what it says of a refused invite, and of a relay that is away while people pair.
 */
export const PAGE_LIMIT = 146_000

/** Entry points that need Node. Every other one must have its row above. */
export const nodeEntries: readonly string[] = ['transport/tcp', 'transport/websocket-server', 'store/sqlite', 'relay/server', 'relay/metrics', 'tunnel', 'page']

/** The entry points of the exports map, such as `nova`; the root is the empty text. */
export function entryPoints (): string[] {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: Record<string, string> }
  return Object.keys(exports).filter(name => !name.endsWith('.json')).map(name => name.slice(2))
}
