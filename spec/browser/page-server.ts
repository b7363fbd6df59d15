import { build } from 'esbuild'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { forBrowsers } from '../package/bundle.js'
import { ROOT } from '../support/root.js'
import { vectorBytes } from '../support/vector-files.js'

/** A web server on this machine with the page of the tests, their bundle and the vectors. */
export interface PageServer {
  readonly address: string
  close (): Promise<void>
}

/** Bundles the tests for browsers and serves them. */
export async function servePage (): Promise<PageServer> {
  const bundled = await build({
    ...forBrowsers,
    entryPoints: [join(ROOT, 'dist/spec/browser/entry.js')],
    alias: { 'node:assert': join(ROOT, 'dist/spec/browser/assert.js'), ava: join(ROOT, 'dist/spec/browser/ava.js'), 'node:timers/promises': join(ROOT, 'dist/spec/browser/timers.js') },
    inject: [join(ROOT, 'dist/spec/browser/process.js')]
  })
  const script = bundled.outputFiles[0]?.contents ?? new Uint8Array()
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '/')
    const found = path === '/'
      ? { type: 'text/html', body: '<!doctype html><meta charset="utf-8"><script type="module" src="/entry.js"></script>' }
      : path === '/entry.js' ? { type: 'text/javascript', body: script } : vectorFile(path)
    response.writeHead(found === undefined ? 404 : 200, { 'content-type': `${found?.type ?? 'text/plain'}; charset=utf-8` })
    response.end(found?.body)
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, close: () => closed(server) }
}

function vectorFile (path: string): { type: string, body: Uint8Array } | undefined {
  const body = path.startsWith('/vectors/') && !path.includes('..') ? vectorBytes(path.slice('/vectors/'.length)) : undefined
  return body === undefined ? undefined : { type: 'application/json', body }
}

function closed (server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise(resolve => { server.close(() => { resolve() }) })
}
