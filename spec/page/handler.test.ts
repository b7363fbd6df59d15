import test, { type ExecutionContext } from 'ava'
import { createServer, request, type IncomingMessage } from 'node:http'
import { connect as connectSocket, type AddressInfo, type Socket } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { createIdentity } from '../../lib/nova/index.js'
import { readAssets } from '../../lib/page/assets.js'
import { pageHandler } from '../../lib/page/index.js'
import { connect } from '../../lib/relay/index.js'
import { startRelay } from '../../lib/relay/server/index.js'
import { deferred } from '../../lib/stream/index.js'
import { buildPage } from '../package/build-page.js'

const identity = createIdentity()

test.before(async () => { await buildPage() })

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

function ask (port: number, path: string, { method = 'GET', headers = {} }: { method?: string, headers?: Record<string, string> } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ port, host: '127.0.0.1', path, method, headers }, response => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece)).once('end', () => { resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(pieces) }) })
    }).once('error', reject).end()
  })
}

async function withRelay (t: ExecutionContext, use: (port: number, url: string) => Promise<void>, options: Partial<Parameters<typeof pageHandler>[0]> = {}, path = '/'): Promise<void> {
  const relay = await startRelay({ identity, websocket: { path, connectTimeout: 300, onRequest: pageHandler({ relay: identity.publicKey, url: path, ...options }) } })
  try {
    await use(Number(new URL(relay.websocket ?? '').port), relay.websocket ?? '')
  } finally {
    await relay.close()
  }
  t.pass()
}

test('the page, its files and where the relay is, with strict headers on every answer', t => withRelay(t, async port => {
  const start = await ask(port, '/')
  t.is(start.status, 200)
  t.is(start.headers['content-type'], 'text/html; charset=utf-8')
  const html = start.body.toString()
  t.false(/<script(?![^>]* src=)|<style|style=|onload=/.test(html), 'nothing inline')
  const names = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name]) => `/${name ?? ''}`)
  t.is(names.length, 3)
  for (const name of names) {
    const { status, headers } = await ask(port, name)
    t.is(status, 200, name)
    t.is(headers['cache-control'], 'public, max-age=31536000, immutable')
  }
  const about = await ask(port, '/relay.json')
  t.deepEqual(JSON.parse(about.body.toString()), { key: Buffer.from(identity.publicKey).toString('base64url'), url: '/' })
  t.is(about.headers['cache-control'], 'no-cache')
  for (const { headers } of [start, about, await ask(port, '/nothing'), await ask(port, '/', { method: 'POST' })]) {
    const policy = headers['content-security-policy'] as string
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"]) t.true(policy.split('; ').includes(part), part)
    t.is(headers['x-content-type-options'], 'nosniff')
    t.is(headers['referrer-policy'], 'no-referrer')
    t.is(headers['cross-origin-opener-policy'], 'same-origin')
    t.is(headers['cross-origin-resource-policy'], 'same-origin')
    t.true(String(headers['permissions-policy']).includes('geolocation=()'))
    t.is(headers.connection, 'close')
  }
}))

test('HEAD, ETag, gzip, and what is not served', t => withRelay(t, async port => {
  const plain = await ask(port, '/?x=1')
  const head = await ask(port, '/', { method: 'HEAD' })
  t.deepEqual([head.status, head.body.byteLength, head.headers['content-length']], [200, 0, String(plain.body.byteLength)])
  const zipped = await ask(port, '/', { headers: { 'accept-encoding': 'br;q=1, gzip;q=0.8' } })
  t.is(zipped.headers['content-encoding'], 'gzip')
  t.deepEqual(gunzipSync(zipped.body), plain.body)
  t.is((await ask(port, '/', { headers: { 'accept-encoding': 'gzip;q=0' } })).headers['content-encoding'], undefined)
  const known = await ask(port, '/', { headers: { 'if-none-match': `"other", ${plain.headers.etag ?? ''}` } })
  t.deepEqual([known.status, known.body.byteLength], [304, 0])
  // one tag for two encodings is weak, and is known by its words alone
  t.regex(plain.headers.etag ?? '', /^W\/"[\w-]{22}"$/)
  t.is(zipped.headers.etag, plain.headers.etag)
  for (const tag of ['*', (plain.headers.etag ?? '').replace('W/', '')]) t.is((await ask(port, '/', { headers: { 'if-none-match': tag } })).status, 304, tag)
  t.is((await ask(port, '/', { headers: { 'if-none-match': 'W/"other"' } })).status, 200)
  t.is((await ask(port, '/', { headers: { 'accept-encoding': 'GZip' } })).headers['content-encoding'], 'gzip')
  // a server takes whole URLs, too
  for (const target of ['http://relay.example/', 'http://relay.example', 'HTTPS://relay.example/index.html?x', 'http://relay.example?x']) t.deepEqual((await ask(port, target)).body, plain.body, target)
  for (const target of ['http://relay.example/../package.json', 'http://relay.example//', 'ftp://relay.example/', `/${'x'.repeat(8000)}`]) t.is((await ask(port, target)).status, 404, target)
  for (const path of ['/favicon.ico', '/../package.json', '/%2e%2e/package.json', '/index.html/', '//', '/page.js', '*']) t.is((await ask(port, path)).status, 404, path)
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE']) {
    const refused = await ask(port, '/', { method })
    t.deepEqual([refused.status, refused.headers.allow], [405, 'GET, HEAD'], method)
  }
}))

test('clients connect beside the page, also at a path of their own', t => withRelay(t, async (port, url) => {
  t.is((await ask(port, '/')).status, 200)
  t.is(JSON.parse((await ask(port, '/relay.json')).body.toString()).url, '/wire')
  const client = await connect({ url, relay: identity.publicKey, identity: createIdentity() })
  await client.close()
}, {}, '/wire'))

test('a relay that is found elsewhere is in the policy', t => withRelay(t, async port => {
  const { headers } = await ask(port, '/')
  t.true(String(headers['content-security-policy']).includes("connect-src 'self' wss://relay.example"))
}, { url: 'wss://relay.example/wire' }))

test('a client that does not finish its request is let go of', t => withRelay(t, async port => {
  const slow = connectSocket(port, '127.0.0.1')
  const gone = new Promise<void>(resolve => { slow.on('error', () => undefined).once('close', () => { resolve() }) })
  slow.write('GET / HTTP/1.1\r\nhost: x\r\n')
  slow.resume()
  await gone
}))

test('an answer that is not taken in time is broken off, one that is taken is not', async t => {
  const handler = pageHandler({ relay: identity.publicKey, limits: { answerTimeout: 20 } })
  const answer = (taken: boolean): { readonly destroyed: Promise<void> } => {
    const destroyed = deferred()
    const asked = { method: 'GET', url: '/', headers: {}, resume: () => undefined, socket: { destroy: destroyed.resolve } }
    const response = { once: (_: string, closed: () => void) => { if (taken) closed() }, writeHead: () => undefined, end: () => undefined }
    handler(asked as never, response as never)
    return { destroyed: destroyed.promise }
  }
  const kept = answer(true)
  await answer(false).destroyed
  t.is(await Promise.race([kept.destroyed.then(() => 'destroyed'), Promise.resolve('kept')]), 'kept')
})

test('hosts that a policy can name are taken', t => {
  for (const url of ['/', '/wire?x=1', 'wss://relay.example/', 'wss://relay.example:7413/wire', 'ws://127.0.0.1:1/', 'ws://[::1]:7413/']) t.notThrows(() => pageHandler({ relay: identity.publicKey, url }), url)
})

/** A server of the page alone, whose sockets and answers are counted. */
async function served (t: ExecutionContext): Promise<{ readonly dial: () => Socket, readonly closed: Promise<void>, readonly answers: () => number }> {
  const handler = pageHandler({ relay: identity.publicKey })
  const closed = deferred()
  let answers = 0
  const server = createServer({ headersTimeout: 300, requestTimeout: 300, connectionsCheckingInterval: 100 }, (request, response) => {
    handler(request, response)
    if (response.headersSent) answers++
  })
  server.on('connection', socket => { socket.once('close', () => { closed.resolve() }) })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const sockets: Socket[] = []
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const dial = (): Socket => {
    const socket = connectSocket((server.address() as AddressInfo).port, '127.0.0.1')
    sockets.push(socket.on('error', () => undefined))
    return socket
  }
  return { dial, closed: closed.promise, answers: () => answers }
}

test('who asks for many things at once and reads none of them has one answer, and is let go of', async t => {
  const { dial, closed, answers } = await served(t)
  dial().pause().write('GET /relay.json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(1000))
  await closed
  t.true(answers() <= 1, String(answers()))
})

test('who says nothing, and who never ends what they send, are let go of', async t => {
  for (const text of ['', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\nx', 'GET / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab']) {
    const { dial, closed } = await served(t)
    const socket = dial().pause()
    if (text !== '') socket.write(text)
    await closed
  }
  t.pass()
})

test('what cannot be served says so at once', t => {
  t.throws(() => readAssets('/nowhere'), { code: 'ERR_PAGE_MISSING' })
  t.throws(() => pageHandler({ relay: new Uint8Array(31) }), { code: 'ERR_ARGUMENT' })
  for (const url of ['wire', '//elsewhere/', '/\\evil', '/a\\b', '/wire#x', 'https://x/', 'wss://', 'wss://a b/', 'wss://a;script-src/', 'wss://a,b/', "wss://a'b/", 'wss://*/', 'wss://me:secret@a/', 'wss://a/#key', 'wss:a']) t.throws(() => pageHandler({ relay: identity.publicKey, url }), { code: 'ERR_ARGUMENT' }, url)
  t.throws(() => pageHandler({ relay: identity.publicKey, limits: { answerTimeout: -1 } }), { code: 'ERR_LIMIT_OPTION' })
})
