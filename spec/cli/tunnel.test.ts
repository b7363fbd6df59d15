import test, { type ExecutionContext } from 'ava'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { placesOf, servicesOf } from '../../lib/cli/tunnel/services.js'
import { Caller, service } from '../tunnel/support.js'
import { cleanUp, pairOf, TestRelay, type Run, type User } from './support.js'

test.after.always(cleanUp)

const run = promisify(execFile)

async function couple (t: ExecutionContext): Promise<{ relay: TestRelay, alice: User, bob: User }> {
  const relay = await TestRelay.start()
  t.teardown(() => relay.stop())
  const [alice, bob] = await pairOf(relay)
  return { relay, alice, bob }
}

async function portOf (connecting: Run): Promise<number> {
  return Number((await connecting.event('listening'))['port'])
}

async function site (t: ExecutionContext): Promise<number> {
  const server = createServer((asked, answer) => {
    if (asked.url === '/reset') answer.write('half of it', () => { setImmediate(() => { asked.socket.resetAndDestroy() }) })
    else asked.pipe(answer)
  }).listen(0, '127.0.0.1')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('a site of Bob\'s, fetched by Alice, also after the relay was killed and started again', async t => {
  const { relay, alice, bob } = await couple(t)
  const exposing = bob.start(['tunnel', 'expose', String(await site(t)), '--json'])
  t.deepEqual(((await exposing.event('exposed'))['services'] as Array<{ name: string }>).map(({ name }) => name), ['default'])
  const connecting = alice.start(['tunnel', 'connect', 'bob', '--json'])
  const port = await portOf(connecting)
  const fetched = async (): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'hello' })).text()
  t.is(await fetched(), 'hello')
  await relay.stop('SIGKILL')
  await connecting.event('connection', ({ state }) => state === 'waiting')
  const back = exposing.lines.length
  await relay.start()
  await exposing.until(() => exposing.lines.slice(back).some(({ event, state }) => event === 'connection' && state === 'connected'), 'connected again')
  t.is(await fetched(), 'hello')
  t.is(await connecting.stop('SIGINT'), 130)
  t.is(await exposing.stop('SIGTERM'), 143)
  const summary = await exposing.event('summary')
  t.true(Number(summary['connections']) >= 2)
  t.true(Number((await connecting.event('summary'))['received']) >= 10)
})

test('curl: an answer, a reset in the middle of one, and a service that is not there', async t => {
  const { alice, bob } = await couple(t)
  // nobody listens at port 1; one that was free a moment ago may be somebody else's now
  const exposing = bob.start(['tunnel', 'expose', `web=${await site(t)}`, 'gone=1', '-v'])
  await exposing.until(() => exposing.stdout.includes('web: 127.0.0.1:'), 'what is exposed')
  t.regex(exposing.stdout, /for every contact \(alice\)/)
  const connecting = alice.start(['tunnel', 'connect', 'bob', '--service', 'web', '--json'])
  const port = await portOf(connecting)
  const curl = async (path: string, ...args: string[]): Promise<{ stdout: string, code: unknown }> => run('curl', ['-sS', '-m', '20', ...args, `http://127.0.0.1:${path}`]).then(
    ({ stdout }) => ({ stdout, code: 0 }),
    (error: { stdout: string, code: unknown }) => error.code === 'ENOENT' ? { stdout: 'no curl', code: 'ENOENT' } : { stdout: error.stdout, code: error.code }
  )
  const first = await curl(`${port}/`, '-d', 'hello')
  if (first.code === 'ENOENT') return void t.pass('no curl on this machine')
  t.deepEqual(first, { stdout: 'hello', code: 0 })
  const reset = await curl(`${port}/reset`)
  t.deepEqual([reset.stdout, reset.code], ['half of it', 56])
  await connecting.stop()
  const nothing = alice.start(['tunnel', 'connect', 'bob', '--service', 'gone'])
  const line = await nothing.until(() => /127\.0\.0\.1:(\d+) leads to gone of bob/.exec(nothing.stdout) ?? undefined, 'where it listens')
  t.true([52, 56].includes(Number((await curl(`${line[1] ?? ''}/`)).code)))
  await nothing.until(() => nothing.stderr.includes('ERR_TUNNEL_REFUSED: nobody listens at the service: start it at the other end'), 'why')
  await exposing.until(() => /^#1 alice to web: open\n(?:.*\n)*#1 alice to web: closed after/m.test(exposing.stderr), 'a line for each: another may be open before the first is closed')
  await nothing.stop()
  t.is(await exposing.stop(), 143)
  t.regex(exposing.stderr, /2 connections, 1 of them reset, 1 more refused; .* into the tunnel, .* out of it/)
})

test('only who is allowed, and told when the other one comes and goes', async t => {
  const { alice, bob } = await couple(t)
  const { port, close } = await service(socket => { socket.pipe(socket) })
  t.teardown(close)
  // before anybody looks: it is connected too while it finds out
  t.is((await bob.run(['tunnel', 'expose', String(port), '--allow', 'carol'])).code, 4)
  const connecting = alice.start(['tunnel', 'connect', 'bob'])
  await connecting.until(() => connecting.stderr.includes('bob is not connected: connections are reset until hushwire tunnel expose runs there'), 'away')
  const exposing = bob.start(['tunnel', 'expose', String(port), '--allow', 'alice', '--json'])
  await exposing.event('exposed')
  await connecting.until(() => connecting.stderr.includes('bob is connected'), 'there')
  const at = await connecting.until(() => /127\.0\.0\.1:(\d+) leads to the service of bob/.exec(connecting.stdout) ?? undefined, 'where it listens')
  const caller = await Caller.dial(Number(at[1]))
  caller.socket.write('hello')
  await caller.until(5)
  t.is(await exposing.stop(), 143)
  t.is(await caller.ended(), 'ECONNRESET')
  t.is(await connecting.stop(), 143)
})

test('what is wrong is said with what to do', async t => {
  const { alice } = await couple(t)
  const taken = await service(() => {})
  t.teardown(taken.close)
  for (const [args, code, said] of [
    [['connect', 'bob', String(taken.port)], 1, /ERR_TRANSPORT_LISTEN: .*127\.0\.0\.1:\d+, EADDRINUSE\. Another program has the port/],
    [['connect', 'carol'], 4, /ERR_CLI_PEER: .*carol; known are bob/],
    [['connect', 'bob', '99999'], 2, /ERR_CLI_OPTION: .*99999 is not \[host:\]port/],
    [['connect', 'bob', '--service', 'a b'], 2, /ERR_CLI_OPTION: .*a b: the name of a service has letters/],
    [['connect', 'bob', '--max', '0'], 2, /a whole number from 1 to 1024/],
    [['connect', 'bob', 'web=18200', 'git=18200'], 2, /ERR_CLI_OPTION: .*127\.0\.0\.1:18200 is given twice/],
    [['expose', 'nonsense'], 2, /ERR_CLI_OPTION: .*nonsense is not \[host:\]port/],
    [['expose', ''], 2, /ERR_CLI_OPTION: .*an empty address is not \[host:\]port/],
    [['expose', 'web='], 2, /ERR_CLI_OPTION: .*web= lacks its port: NAME=\[HOST:\]PORT/],
    [['expose', '80', '81'], 2, /ERR_CLI_OPTION: .*can do without a name: NAME=\[HOST:\]PORT/],
    [['expose'], 2, /missing required argument 'service'/]
  ] as const) {
    const ended = await alice.run(['tunnel', ...args])
    t.is(ended.code, code, ended.stderr)
    t.regex(ended.stderr, said)
  }
})

test('services as they are written', t => {
  t.deepEqual(servicesOf(['3000']), { default: { host: undefined, port: 3000 } })
  t.deepEqual(servicesOf(['web=localhost:3000', 'db=[::1]:5432', '22']), { web: { host: 'localhost', port: 3000 }, db: { host: '::1', port: 5432 }, default: { host: undefined, port: 22 } })
  for (const bad of ['=80', 'a b=80', 'a=0', 'a=b', '.a=1', 'a=1:2:3']) t.throws(() => servicesOf([bad]), { code: 'ERR_CLI_OPTION' }, bad)
  t.throws(() => servicesOf(['a=1', 'a=2']), { code: 'ERR_CLI_OPTION' })
  t.deepEqual(placesOf([], undefined), [{ service: undefined, host: undefined, port: 0 }])
  t.deepEqual(placesOf(['8080'], 'web'), [{ service: 'web', host: undefined, port: 8080 }])
  t.deepEqual(placesOf(['web=0.0.0.0:8080', 'git=0', '81'], undefined).map(({ service: name, port }) => [name, port]), [['web', 8080], ['git', 0], [undefined, 81]])
  for (const twice of [['web=8080', 'git=8080'], ['web=8080', 'git=127.0.0.1:8080'], ['a=[::1]:1', 'b=2', 'c=[::1]:1']]) t.throws(() => placesOf(twice, undefined), { code: 'ERR_CLI_OPTION', message: /is given twice: each service needs a port of its own/ }, twice.join(' '))
  t.is(placesOf(['a=0', 'b=0', 'c=8080', 'd=192.0.2.1:8080'], undefined).length, 4)
  t.throws(() => placesOf(['web=80'], 'git'), { code: 'ERR_CLI_OPTION' })
  for (const bad of ['=80', 'a b=80', 'a=b', 'x']) t.throws(() => placesOf([bad], undefined), { code: 'ERR_CLI_OPTION' }, bad)
})
