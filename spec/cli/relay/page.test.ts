import test, { type ExecutionContext } from 'ava'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { buildPage } from '../../package/build-page.js'
import { ROOT } from '../../support/root.js'

test.before(async () => { await buildPage() })

/** What a relay with these flags answers to GET /. */
async function asked (t: ExecutionContext, ...flags: string[]): Promise<{ readonly status: number, readonly about: unknown, readonly key: string | undefined }> {
  const folder = await mkdtemp(join(tmpdir(), 'hushwire-page-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const child = spawn(process.execPath, [join(ROOT, 'dist/lib/cli/main.js'), 'relay', '--websocket', '127.0.0.1:0', '--memory', '--identity', join(folder, 'identity'), ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'close')
  const told: Array<{ event: string, url?: string, publicKey?: string }> = []
  for await (const line of createInterface(child.stderr)) {
    told.push(JSON.parse(line) as { event: string })
    if (told.at(-1)?.event === 'listening') break
  }
  const { url = '', publicKey } = told.find(({ event }) => event === 'listening') ?? {}
  const address = url.replace(/^ws/, 'http')
  const { status } = await fetch(address)
  const about = status === 200 ? await (await fetch(new URL('/relay.json', address))).json() as unknown : undefined
  child.kill('SIGTERM')
  await ended
  return { status, about, key: publicKey }
}

test('a relay with WebSockets serves the page, with its key and path', async t => {
  const { status, about, key } = await asked(t)
  t.is(status, 200)
  t.deepEqual(about, { key, url: '/' })
})

test('--no-page leaves it out', async t => {
  t.is((await asked(t, '--no-page')).status, 426)
})
