import test from 'ava'
import { once } from 'node:events'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { formatUuid } from '../../lib/bytes/index.js'
import { mlKem768 } from '../../lib/noise/hybrid.js'
import { createIdentity, idOf, RELAY_CODES } from '../../lib/nova/index.js'
import { connect, parseRelayAddress } from '../../lib/relay/index.js'
import { nextOf, text, textOf, whole } from '../relay/raw.js'
import { certificate } from '../support/certificates.js'
import { folder, fresh, Run } from './relay/run.js'

test.serial('clients by TCP and by WebSocket talk; metrics and health; SIGTERM drains; the log has nothing that was sent', async t => {
  const run = new Run([...fresh(), '--tcp', '0', '--websocket', '0', '--metrics', '0', '--log-level', 'debug'])
  const [alice, bob] = [await run.join('tcp'), await run.join('websocket')]
  const { id: relayId, port, publicKey, address: told = '' } = await run.event('listening', ({ transport }) => transport === 'tcp')
  t.is(told, `tcp://127.0.0.1:${port}/#${publicKey}`)
  const dialled = await connect({ ...parseRelayAddress((await run.event('listening', ({ transport }) => transport === 'websocket')).address ?? ''), identity: createIdentity() })
  t.is(relayId, formatUuid(idOf(parseRelayAddress(told).relay)))
  await dialled.close()
  await alice.live(bob.id, text('a live secret'))
  t.is(textOf(await whole((await nextOf(bob.packets)).source)), 'a live secret')
  t.false(await alice.mail(bob.id, text('a stored secret')))
  await bob.receive()
  const delivered = await nextOf(bob.deliveries)
  t.is(textOf(delivered.body), 'a stored secret')
  await bob.taken(delivered.position)
  t.is(await alice.statusOf('mail', { id: new Uint8Array(16).fill(9), recipient: new Uint8Array(16).fill(8), kind: 1n, lifetime: 0n }, text('to nobody')), RELAY_CODES.unknownTarget)
  const [status, metrics] = await run.page('/metrics')
  t.is(status, 200)
  for (const line of [
    'hushwire_relay_connected_total 3', 'hushwire_relay_registered_total 3',
    'hushwire_relay_forwarded_packets_total 1', 'hushwire_relay_forwarded_bytes_total 13', 'hushwire_relay_mail_total{what="stored"} 1', 'hushwire_relay_mail_total{what="delivered"} 1',
    'hushwire_relay_mail_total{what="taken"} 1', 'hushwire_relay_mailbox_messages 0', 'hushwire_relay_requests_total{code="unknownTarget"} 1'
  ]) t.true(metrics.includes(`${line}\n`), line)
  t.regex(metrics, /nodejs_eventloop_lag_p99_seconds/)
  t.deepEqual(await run.page('/health'), [200, 'ok\n'])
  t.deepEqual(await run.page('/ready'), [200, 'ok\n'])
  t.is((await run.page('/'))[0], 404)
  t.is((await run.page('/metrics', { method: 'POST', body: 'x'.repeat(100) }))[0], 405)
  const { address, id } = await run.event('connected')
  t.is(address, '127.0.0.1')
  t.regex(id ?? '', /^[0-9a-f-]{36}$/)
  t.is(await run.stop(), 0)
  await Promise.all([alice.close(), bob.close()])
  const stored = await readFile(join(folder, 'identity'))
  const hidden = ['a live secret', 'a stored secret'].map(text).concat([stored.subarray(1, 33), stored.subarray(33)])
  for (const bytes of hidden) for (const encoding of ['utf8', 'hex', 'base64', 'base64url'] as const) t.false(run.stderr.includes(Buffer.from(bytes).toString(encoding).replace(/=+$/, '')), encoding)
  for (const line of run.stderr.trim().split('\n')) t.notThrows(() => { JSON.parse(line) })
  t.true(run.told.some(told => told.event === 'drained'))
})

test.serial('TLS for both; SIGHUP shows the new certificate, and keeps the old one where the new one is none', async t => {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const authority = certificate({ name: 'authority', authority: true })
  const put = async (name: string): Promise<void> => {
    const made = certificate({ name, issuer: authority })
    await writeFile(cert, made.cert)
    await writeFile(key, made.key, { mode: 0o600 })
  }
  await put('first')
  await writeFile(join(folder, 'relay.toml'), 'identity = "identity"\n[listen.tcp]\naddress = "0"\n[listen.websocket]\naddress = "0"\n[tls]\ncert = "cert.pem"\nkey = "key.pem"\n[store]\nmemory = true\n')
  const run = new Run(['--config', join(folder, 'relay.toml')])
  const trust = { ca: authority.cert }
  const [alice, bob] = [await run.join('tcp', { tls: trust }), await run.join('websocket', { tls: trust })]
  for (const kind of ['tcp', 'websocket'] as const) {
    // what does not speak TLS is told of, with who it was and why
    const { port = 0, url } = await run.event('listening', ({ transport }) => transport === kind)
    const socket = connectTcp(kind === 'tcp' ? port : Number(new URL(url ?? '').port), '127.0.0.1').on('error', () => undefined)
    socket.end('GET / HTTP/1.1\r\n\r\n').resume()
    await once(socket, 'close')
  }
  while (run.told.filter(({ event }) => event === 'listener').length < 2) await run.event('listener', told => run.told.filter(({ event }) => event === 'listener').indexOf(told) === 1)
  for (const told of run.told.filter(({ event }) => event === 'listener')) t.like(told, { code: 'ERR_TRANSPORT_TLS', cause: 'ERR_SSL_HTTP_REQUEST', address: '127.0.0.1' })
  const { port = 0 } = await run.event('listening', ({ transport }) => transport === 'tcp')
  const shown = async (): Promise<string> => {
    const socket = connectTls({ port, host: '127.0.0.1', ca: authority.cert })
    await once(socket, 'secureConnect')
    const { subject } = socket.getPeerCertificate()
    socket.destroy()
    return String(subject.CN)
  }
  t.is(await shown(), 'first')
  await put('second')
  run.process.kill('SIGHUP')
  await run.event('reloaded')
  t.is(await shown(), 'second')
  await writeFile(cert, 'no certificate')
  run.process.kill('SIGHUP')
  t.is((await run.event('reload-failed')).code, 'ERR_TRANSPORT_CERTIFICATE')
  t.is(await shown(), 'second')
  await alice.live(bob.id, text('over TLS'))
  t.is(textOf(await whole((await nextOf(bob.packets)).source)), 'over TLS')
  t.is(await run.stop('SIGINT'), 0)
  await Promise.all([alice.close(), bob.close()])
})

test.serial('a relay whose configuration requires hybrid handshakes takes no others', async t => {
  await writeFile(join(folder, 'hybrid.toml'), 'postQuantum = "required"\n[listen.tcp]\naddress = "0"\n[store]\nmemory = true\n')
  const run = new Run(['--config', 'hybrid.toml', '--identity', join(folder, 'identity')])
  const { address = '' } = await run.event('listening')
  const about = { ...parseRelayAddress(address), identity: createIdentity() }
  await t.throwsAsync(connect(about))
  const client = await connect({ ...about, postQuantum: { mode: 'required', kem: mlKem768 } })
  t.is(client.state.type, 'connected')
  await client.close()
  t.is(await run.stop(), 0)
})

test.serial('invites, of a relay that runs and of one that does not', async t => {
  const about = fresh()
  const invite = async (): Promise<Uint8Array> => {
    const run = new Run(['invite', ...about])
    t.is(await run.ended, 0, run.stderr)
    return Buffer.from(run.stdout.trim(), 'base64url')
  }
  const unmade = new Run(['id', '--identity', 'unmade'])
  t.is(await unmade.ended, 2)
  t.regex(unmade.stderr, /ERR_CLI_IDENTITY: .*there is none at .*unmade; start the relay first/)
  const keyless = new Run(['invite', '--store', '.', '--identity', 'unmade'])
  t.is(await keyless.ended, 2)
  t.regex(keyless.stderr, /ERR_CLI_IDENTITY/)
  await t.throwsAsync(stat(join(folder, 'unmade')), { code: 'ENOENT' })
  const first = new Run(['invite', ...about])
  t.is(await first.ended, 2)
  t.regex(first.stderr, /ERR_CLI_OPTION.*start the relay first/)
  const told = new Run(['invite', ...about, '--json'])
  t.is(await told.ended, 2)
  t.is(told.stderr, '')
  t.like(JSON.parse(told.stdout), { event: 'failed', code: 'ERR_CLI_OPTION', exit: 2 })
  const run = new Run([...about, '--tcp', '0', '--registration', 'invite'])
  await run.event('listening')
  t.is((await stat(join(about[1] ?? '', 'admin.sock'))).mode & 0o777, 0o600)
  await t.throwsAsync(run.join('tcp'), { message: `status ${RELAY_CODES.invite}` })
  const token = await invite()
  t.is(token.byteLength, 32)
  await (await run.join('tcp', { invite: token })).close()
  t.false(run.stderr.includes(Buffer.from(token).toString('base64url')))
  t.is(await run.stop(), 0)
  const later = await invite()
  const again = new Run([...about, '--tcp', '0', '--registration', 'invite'])
  await (await again.join('tcp', { invite: later })).close()
  // one that is killed leaves its socket
  await again.stop('SIGKILL')
  t.is((await invite()).byteLength, 32)
  // where everybody gets an account, it is said that none is needed: by the relay that runs, or by its configuration
  const running = new Run([...about, '--tcp', '0'])
  await running.event('listening')
  const needless = new Run(['invite', ...about])
  t.is(await needless.ended, 0)
  t.regex(needless.stderr, /nobody needs an invite there: registration\.rule is open/)
  t.is(Buffer.from(needless.stdout.trim(), 'base64url').byteLength, 32)
  const machine = new Run(['invite', ...about, '--json'])
  t.is(await machine.ended, 0)
  t.is(machine.stderr, '')
  const [made, warning] = machine.stdout.trim().split('\n').map(line => JSON.parse(line) as { event: string, invite: string, rule: string, text: string })
  t.like(made, { event: 'invite', rule: 'open' })
  t.is(Buffer.from(made?.invite ?? '', 'base64url').byteLength, 32)
  t.like(warning, { event: 'warning', text: 'nobody needs an invite there: registration.rule is open' })
  await running.stop()
  await writeFile(join(folder, 'open.toml'), '[registration]\nrule = "open"\n')
  const configured = new Run(['invite', ...about, '--config', 'open.toml'])
  t.is(await configured.ended, 0)
  t.regex(configured.stderr, /nobody needs an invite there/)
})

test.serial('what cannot be used is told in one sentence, with what to do', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const port = String((taken.address() as AddressInfo).port)
  const busy = fresh()
  const holder = new Run([...busy, '--tcp', '0'])
  await holder.event('listening')
  await writeFile(join(folder, 'bad.toml'), '[limits]\nmaxPendign = 3\n')
  await writeFile(join(folder, 'limit.toml'), '[limits]\nmaxPending = 0\n')
  await writeFile(join(folder, 'half.toml'), '[tls]\ncert = "cert.pem"\n')
  await writeFile(join(folder, 'gone.toml'), '[tls]\ncert = "gone.pem"\nkey = "gone.key"\n')
  await writeFile(join(folder, 'ids.toml'), '[registration]\nrule = "allowlist"\nids = ["me"]\n')
  await writeFile(join(folder, 'url.toml'), '[listen.websocket]\naddress = "0"\nurl = "https://relay.example/"\n')
  await writeFile(join(folder, 'open'), await readFile(join(folder, 'identity')))
  await chmod(join(folder, 'open'), 0o644)
  for (const [args, exit, words] of [
    [[...fresh(), '--tcp', port], 1, /ERR_TRANSPORT_LISTEN: .*127\.0\.0\.1:\d+, EADDRINUSE\. Another program has the port/],
    [[...fresh(), '--tcp', '0', '--metrics', port], 1, /ERR_RELAY_METRICS: .*127\.0\.0\.1:\d+, EADDRINUSE\. Another program has the port/],
    [[...busy, '--tcp', '0'], 1, /ERR_STORE_BUSY: .*Another relay runs on this store/],
    [[...fresh(), '--tcp', '0', '--config', 'bad.toml'], 2, /ERR_CLI_CONFIG: .*there is no setting limits\.maxPendign; is it limits\.maxPending\? hushwire relay config/],
    [[...fresh(), '--tcp', '0', '--config', 'limit.toml'], 2, /ERR_LIMIT_OPTION: .*maxPending\. Limits are whole numbers/],
    [[...fresh(), '--tcp', '0', '--config', 'half.toml'], 2, /ERR_CLI_CERTIFICATE: .*needed both/],
    [[...fresh(), '--tcp', '0', '--config', 'gone.toml'], 2, /ERR_CLI_CERTIFICATE: .*gone\.pem: there is nothing of that name/],
    [[...fresh(), '--tcp', '0', '--config', 'ids.toml'], 2, /ERR_CLI_CONFIG: .*me is no UUID/],
    [[...fresh(), '--config', 'url.toml'], 2, /ERR_CLI_CONFIG: .*listen\.websocket\.url: .*another scheme/],
    [['--config', 'missing.toml'], 2, /ERR_CLI_CONFIG: .*missing\.toml cannot be read: there is nothing of that name/],
    [[...fresh(), '--tcp', '0', '--identity', 'open'], 2, /ERR_CLI_IDENTITY: .*others may read .*chmod 600/],
    [[...fresh(), '--tcp', 'host:x'], 2, /ERR_CLI_OPTION: .*host:x is not/],
    [[...fresh(), '--websocket', '300.0.0.1:80'], 2, /ERR_CLI_OPTION: .*nobody can dial ws:\/\/300\.0\.0\.1:80\/, .*listen\.websocket\.url\. See hushwire relay --help\./],
    [[...fresh(), '--tcp', '[::g]:80'], 2, /ERR_CLI_OPTION: .*nobody can dial tcp:\/\/\[::g\]:80, /],
    [['--memory', ...fresh()], 2, /ERR_CLI_OPTION: .*not both/],
    [['--registration', 'maybe'], 2, /Allowed choices are open, invite, allowlist/],
    [['--memory', '--tcp', '0', '--identity', '/proc/none/identity'], 2, /ERR_CLI_FILE: .*identity cannot be made: .*Look at the folder of --identity: it must be one that this user can write to\./],
    [['--nonsense'], 2, /unknown option/]
  ] as const) {
    const run = new Run(args)
    t.is(await run.ended, exit, run.stderr)
    t.regex(run.stderr, words)
    t.notRegex(run.stderr, /\n\s+at /)
  }
  for (const args of [['--tcp', port], ['--tcp', '0', '--metrics', port], ['--tcp', 'host:x']]) {
    t.not(await new Run(['--memory', '--identity', 'unmade', ...args]).ended, 0)
    await t.throwsAsync(stat(join(folder, 'unmade')), { code: 'ENOENT' })
  }
  await writeFile(join(folder, 'other'), 'no identity', { mode: 0o600 })
  const other = new Run(['id', '--identity', 'other'])
  t.is(await other.ended, 2)
  t.regex(other.stderr, /ERR_CLI_IDENTITY: .*other is not the identity file of a relay; give --identity another name/)
  const machine = new Run(['--config', 'missing.toml', '--json'])
  t.is(await machine.ended, 2)
  t.is(machine.told[0]?.code, 'ERR_CLI_CONFIG')
  t.is(await holder.stop(), 0)
  taken.close()
})

test.serial('an allowlist without ids is warned of', async t => {
  const run = new Run(['--memory', '--tcp', '0', '--identity', 'folder of its own/identity', '--metrics', '0', '--registration', 'allowlist'])
  t.is((await run.event('nobody-can-register')).level, 'warn')
  t.deepEqual(await run.page('/ready'), [200, 'ok\n'])
  t.is(await run.stop(), 0)
  t.is((await stat(join(folder, 'folder of its own'))).mode & 0o777, 0o700)
})

test.serial('a second signal ends at once; the id is the same as what the relay shows', async t => {
  const about = fresh()
  const run = new Run([...about, '--tcp', '0', '--log-level', 'debug'])
  const client = await run.join('tcp')
  // without a certificate there is nothing to read again
  run.process.kill('SIGHUP')
  t.is((await run.event('nothing-to-reload')).level, 'debug')
  const other = await run.join('tcp')
  // a packet that does not end is under way
  async function * endless (): AsyncGenerator<Uint8Array> {
    yield text('it begins')
    await new Promise(() => undefined)
  }
  void client.live(other.id, endless()).catch(() => undefined)
  await nextOf(other.packets)
  run.process.kill('SIGTERM')
  await run.event('draining')
  t.is(await run.stop('SIGTERM'), 143)
  const { id, publicKey } = await run.event('listening')
  const shown = new Run(['id', ...about])
  t.is(await shown.ended, 0)
  t.is(shown.stdout, `id ${id}\npublic key ${publicKey}\n`)
  await writeFile(join(folder, 'named.toml'), '[listen.tcp]\nurl = "tls://relay.example:7411"\n[listen.websocket]\naddress = "0.0.0.0:7412"\npath = "/way"\n')
  const named = new Run(['id', ...about, '--config', 'named.toml'])
  t.is(await named.ended, 0, named.stderr)
  const [, , tcp, websocket] = named.stdout.split('\n')
  t.is(tcp, `address tls://relay.example:7411/#${publicKey}`)
  const machine = new Run(['id', ...about, '--config', 'named.toml', '--json'])
  t.is(await machine.ended, 0)
  t.deepEqual(JSON.parse(machine.stdout), { event: 'relay', id, publicKey, addresses: [tcp, websocket].map(line => line?.replace('address ', '')) })
  const defaults = new Run(['config', '--json'])
  t.is(await defaults.ended, 0)
  const plain = new Run(['config'])
  t.is(await plain.ended, 0)
  t.deepEqual(JSON.parse(defaults.stdout), { event: 'config', toml: plain.stdout })
  t.regex(websocket ?? '', new RegExp(`^address ws://(?!0\\.0\\.0\\.0)[^/]+:7412/way#${publicKey}$`))
  const help = new Run(['--help'])
  t.is(await help.ended, 0)
  t.regex(help.stdout, /hushwire relay config > relay\.toml/)
})
