import test from 'ava'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { cleanUp, pairOf, TestRelay, User } from './support.js'

test.after.always(cleanUp)

async function portOf (server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('an address with the scheme of another port, and a server that is no relay: exit code 3, and what to look at', async t => {
  const [tcp, websocket] = [await TestRelay.start('tcp'), await TestRelay.start('websocket')]
  const site = createHttpServer((_, response) => { response.end('hello') })
  const shell = createServer(socket => { socket.on('error', () => {}).end('SSH-2.0-OpenSSH_9.6\r\n') })
  const [sitePort, shellPort] = [await portOf(site), await portOf(shell)]
  const user = new User()
  await user.run(['id', 'new'])
  const { hash } = new URL(tcp.address)
  const cases: ReadonlyArray<readonly [address: string, code: string]> = [
    [websocket.address.replace('ws:', 'tcp:'), 'ERR_FRAME_MAGIC'],
    [tcp.address.replace('tcp:', 'ws:'), 'ERR_TRANSPORT_CONNECT'],
    [`tcp://127.0.0.1:${sitePort}/${hash}`, 'ERR_FRAME_MAGIC'],
    [`ws://127.0.0.1:${sitePort}/${hash}`, 'ERR_TRANSPORT_CONNECT'],
    [`tcp://127.0.0.1:${shellPort}/${hash}`, 'ERR_FRAME_MAGIC'],
    [`ws://127.0.0.1:${shellPort}/${hash}`, 'ERR_TRANSPORT_CONNECT']
  ]
  for (const [address, code] of cases) {
    const run = await user.run(['pair', '--relay', address, '--json'])
    t.is(run.code, 3, `${address}: ${run.stdout}${run.stderr}`)
    t.like(run.lines.at(-1), { event: 'failed', code, exit: 3 }, address)
    t.regex(String(run.lines.at(-1)?.['advice']), /ws:.*--relay tries another one/)
  }
  // a chat waits for its relay, but not for what stands in its place; where it cannot tell, it says once what to look at
  const [alice] = await pairOf(tcp)
  for (const [address, code] of cases.filter(([, code]) => code === 'ERR_FRAME_MAGIC')) {
    const run = await alice.run(['chat', 'bob', '--relay', address, '--json'], { input: 'hello\n' })
    t.is(run.code, 3, `${address}: ${run.stdout}${run.stderr}`)
    t.like(run.lines.at(-1), { event: 'failed', code, exit: 3 }, address)
  }
  const waiting = alice.start(['chat', 'bob', '--relay', cases[1]?.[0] ?? ''], { input: 'hello\n' })
  await waiting.until(() => /ws:.*--relay tries another one/.test(waiting.stderr), 'what to look at')
  await waiting.stop()
  for (const server of [site, shell]) server.close()
  for (const relay of [tcp, websocket]) await relay.stop()
})
