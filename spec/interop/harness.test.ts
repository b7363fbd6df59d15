import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { PeerProcess } from '../../interop/harness/peer-process.js'
import { saysTooOld, saysUnreachable } from '../../interop/harness/toolchain.js'
import { collect } from '../../lib/stream/index.js'

/** A peer of a few lines of JavaScript, in which `configuration` is what it was told. */
function program (t: ExecutionContext, lines: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'hushwire-peer-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const path = join(folder, 'peer.mjs')
  writeFileSync(path, `#!${process.execPath}
import { connect } from 'node:net'
import { json } from 'node:stream/consumers'
const configuration = await json(process.stdin)
${lines}
`)
  chmodSync(path, 0o755)
  return path
}

function start (path: string, configuration: object = {}): { peer: Promise<PeerProcess>, started: PeerProcess[] } {
  const started: PeerProcess[] = []
  return { started, peer: PeerProcess.start(path, configuration, AbortSignal.timeout(60_000), peer => { started.push(peer) }) }
}

test('a peer gets its configuration, connects, and is asked for how it ended', async t => {
  const { peer } = start(program(t, `
connect(configuration.port).end(configuration.word).resume().on('close', () => {
  console.log('something else')
  console.log(JSON.stringify({ said: configuration.word }))
  process.exitCode = 1
})`), { word: 'hello' })
  const { connection, end } = await peer.then(peer => ({ connection: peer.connection, end: peer.end() }))
  t.is(new TextDecoder().decode(await collect(connection.source, 100)), 'hello')
  await connection.close()
  t.deepEqual(await end, { code: 1, report: { said: 'hello' } })
  t.false((await peer).running)
})

test('a peer that ends before it connects is told with its report', async t => {
  const { peer } = start(program(t, "console.log(JSON.stringify({ error: 'no such protocol' }))"))
  await t.throwsAsync(peer, { message: /before it connected.*no such protocol/ })
})

test('a peer that breaks is told with what it printed', async t => {
  const { peer } = start(program(t, "throw new Error('out of order')"))
  await t.throwsAsync(peer, { message: /no report.*out of order/s })
})

test('a program that is not there is told', async t => {
  await t.throwsAsync(start(join(tmpdir(), 'hushwire-no-such-peer')).peer, { message: /ENOENT/ })
})

test('a killed peer is gone, and its connection with it', async t => {
  const { peer } = start(program(t, 'connect(configuration.port)\nsetInterval(() => {}, 1000)'))
  const running = await peer
  t.true(running.running)
  await running.kill(new Error('enough'))
  t.false(running.running)
  await t.throwsAsync(running.end(), { message: /SIGKILL/ })
  await t.throwsAsync(collect(running.connection.source, 100), { message: 'enough' })
})

test('a registry out of reach and an old toolchain are told from a wrong lock file', t => {
  const unreachable = [
    'go: github.com/flynn/noise@v1.1.0: Get "http://127.0.0.1:1/github.com/flynn/noise/@v/v1.1.0.mod": dial tcp 127.0.0.1:1: connect: connection refused',
    'go: github.com/flynn/noise@v1.1.0: Get "https://proxy.invalid/github.com/flynn/noise/@v/v1.1.0.mod": dial tcp: lookup proxy.invalid on 10.255.255.53:53: no such host',
    'error: failed to get `hex` as a dependency\n  [7] Could not connect to server (Failed to connect to 127.0.0.1 port 1 after 0 ms: Could not connect to server)',
    'warning: spurious network error (3 tries remaining)\n  [5] Could not resolve proxy name (Could not resolve proxy: proxy.invalid)'
  ]
  const ours = [
    'verifying golang.org/x/crypto@v0.45.0/go.mod: checksum mismatch\n\tdownloaded: h1:XTGr\n\tgo.sum:     h1:ATGr\n\nSECURITY ERROR',
    'error: cannot update the lock file Cargo.lock because --locked was passed to prevent this',
    'go: errors parsing go.mod:\ngo.mod:3: unknown directive: god'
  ]
  const old = [
    'go: errors parsing go.mod:\ngo.mod:3: invalid go version \'1.24.0\': must match format 1.23',
    'go: go.mod requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)',
    'error: rustc 1.75.0 is not supported by the following package:\n  snow@0.10.0 requires rustc 1.85'
  ]
  for (const text of unreachable) t.true(saysUnreachable(text) && !saysTooOld(text), text)
  for (const text of old) t.true(saysTooOld(text) && !saysUnreachable(text), text)
  for (const text of ours) t.false(saysUnreachable(text) || saysTooOld(text), text)
})
