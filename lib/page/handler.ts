import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { checkExpected, delayOf, limitsOf, OBJECT } from '../stream/index.js'
import { assetOf, readAssets, type Asset } from './assets.js'
import { strictHeaders } from './headers.js'

/** The limits of serving the page, and their defaults. */
export const PAGE_LIMITS = {
  /** Milliseconds for which one answer may take, however slowly it is read. */
  answerTimeout: 60_000
} as const

/** Options of {@link pageHandler}. */
export interface PageOptions {
  /** The relay's public key, 32 bytes: the page trusts no other. */
  readonly relay: Uint8Array
  /** Where the relay listens for WebSockets: a path at the page's own address, or a whole `wss:` or `ws:` URL. Default `/`. */
  readonly url?: string | undefined
  /** See {@link PAGE_LIMITS}. */
  readonly limits?: { readonly answerTimeout?: number | undefined } | undefined
}

/** Answers one request. */
export type PageHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Answers requests for the page: what `onRequest` of a listener for WebSockets or of a relay takes, or `createServer` of `node:http`. The files are read
 * once, now. Everything but GET and HEAD of them is refused; each answer ends its connection.
 *
 * @throws ERR_ARGUMENT, ERR_LIMIT_OPTION, ERR_PAGE_MISSING
 * @example
 * ```ts
 * import { createIdentity } from 'hushwire/nova'
 * import { pageHandler } from 'hushwire/page'
 * import { startRelay } from 'hushwire/relay/server'
 *
 * const identity = createIdentity()
 * const relay = await startRelay({ identity, websocket: { port: 7413, onRequest: pageHandler({ relay: identity.publicKey }) } })
 * console.log('http://localhost:7413/')
 * await relay.close()
 * ```
 */
export function pageHandler (options: PageOptions): PageHandler {
  checkExpected(options, {
    relay: [value => value instanceof Uint8Array && value.byteLength === 32, "the relay's public key, 32 bytes"],
    url: [isPlace, 'a path, such as /wire, or a URL of ws: or wss: with a host that a policy can name, and without user and fragment'],
    limits: OBJECT
  }, ['relay'])
  const { relay, url = '/', limits } = options
  const { answerTimeout } = limitsOf(PAGE_LIMITS, limits)
  const about = JSON.stringify({ key: Buffer.from(relay).toString('base64url'), url })
  const assets = readAssets().set('/relay.json', assetOf('relay.json', Buffer.from(about)))
  const headers = strictHeaders(url.startsWith('/') ? [] : [new URL(url).origin])
  const asked = new WeakSet<Socket>()
  return (request, response) => {
    // each answer ends its connection: who asks on without reading it piles answers up
    if (asked.has(request.socket)) {
      request.socket.destroy()
      return
    }
    asked.add(request.socket)
    const timer = setTimeout(() => { request.socket.destroy() }, delayOf(answerTimeout))
    response.once('close', () => { clearTimeout(timer) })
    // of a body nothing is wanted
    request.resume()
    answer(request, response, assets, headers)
  }
}

function answer (request: IncomingMessage, response: ServerResponse, assets: ReadonlyMap<string, Asset>, headers: Readonly<Record<string, string>>): void {
  const head = request.method === 'HEAD'
  const send = (status: number, more: Record<string, string | number>, body: Uint8Array | undefined): void => {
    response.writeHead(status, { ...headers, connection: 'close', ...more, ...body === undefined ? {} : { 'content-length': body.byteLength } })
    response.end(head ? undefined : body)
  }
  const refuse = (status: number, text: string, more: Record<string, string> = {}): void => { send(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...more }, Buffer.from(text)) }
  if (request.method !== 'GET' && !head) {
    refuse(405, 'Only GET and HEAD.\n', { allow: 'GET, HEAD' })
    return
  }
  const asset = assets.get(pathOf(request.url ?? ''))
  if (asset === undefined) {
    refuse(404, 'There is no such file here.\n')
    return
  }
  const { type, etag, immutable, bytes, gzip } = asset
  const about = { etag, vary: 'accept-encoding', 'cache-control': immutable ? 'public, max-age=31536000, immutable' : 'no-cache' }
  if (isKnown(request, etag)) send(304, about, undefined)
  else if (acceptsGzip(request)) send(200, { ...about, 'content-type': type, 'content-encoding': 'gzip' }, gzip)
  else send(200, { ...about, 'content-type': type }, bytes)
}

/** The path of a request's target, which may be a whole URL (RFC 9112, 3.2.2). Nothing of it is decoded: names are plain. */
function pathOf (target: string): string {
  const [path = ''] = target.replace(/^https?:\/\/[^/?]*/i, '').split('?', 1)
  return path === '' && target !== '' ? '/' : path
}

/** Whether who asks has it already. Proxies make tags weak, so that it says nothing whether one is (RFC 9110, 13.1.2). */
function isKnown ({ headers }: IncomingMessage, etag: string): boolean {
  const tags = (headers['if-none-match'] ?? '').split(',').map(tag => tag.trim())
  return tags.includes('*') || tags.some(tag => tag.replace(/^W\//, '') === etag.replace(/^W\//, ''))
}

function acceptsGzip ({ headers }: IncomingMessage): boolean {
  return (headers['accept-encoding'] ?? '').split(',').some(each => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$).*)?$/i.test(each))
}

const SOME_HOST = 'http://page.invalid'
/** What a source in a policy may hold: a comma or a semicolon would begin another policy or directive. */
const HOST = /^(?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::\d+)?$/

/** A path that leads to no other host, however a browser reads it, or a URL of WebSockets. */
function isPlace (value: unknown): boolean {
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) return false
  if (value.startsWith('/')) return URL.canParse(value, SOME_HOST) && new URL(value, SOME_HOST).origin === SOME_HOST && !/[#\\]/.test(value)
  if (!/^wss?:\/\//.test(value) || !URL.canParse(value)) return false
  const { host, username, password } = new URL(value)
  return HOST.test(host) && username === '' && password === '' && !value.includes('#')
}
