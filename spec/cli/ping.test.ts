import test from 'ava'
import fc from 'fast-check'
import { randomUuid } from '../../lib/bytes/index.js'
import { OwnConnection } from '../../lib/cli/own-connection.js'
import { ping } from '../../lib/cli/ping.js'
import { summaryOf } from '../../lib/cli/ping/summary.js'
import { Output } from '../../lib/cli/terminal/output.js'
import { cleanUp, pairOf, TestRelay } from './support.js'

test.after.always(cleanUp)

test.serial('round trips of the hop and end to end, with a summary; who is away is told so', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = await pairOf(relay)
  const away = await alice.run(['ping', 'bob', '-c', '2', '-i', '0.01'])
  t.is(away.code, 4)
  t.regex(away.stdout, /^1: nothing came back \(ERR_RELAY_OFFLINE\)\n2: nothing came back \(ERR_RELAY_OFFLINE\)\n2 sent, 0 back\n$/m)
  t.is(away.stderr.match(/They must have hushwire running/g)?.length, 1)
  const chat = bob.start(['chat', 'alice', '--json'])
  await chat.event('connection')
  const plain = await alice.run(['ping', 'bob', '-c', '2', '-i', '0.01'])
  t.is(plain.code, 0, plain.stderr)
  t.regex(plain.stdout, /^ping bob \([0-9a-f-]{36}\) through the relay\n1: hop [\d.]+ ms, end to end [\d.]+ ms\n2: .*\n2 sent, 2 back; hop min\/avg\/max [\d.]+\/[\d.]+\/[\d.]+ ms; end to end min\/avg\/max .* ms\n$/)
  const json = await alice.run(['ping', 'bob', '-c', '1', '--json'])
  t.like(json.lines.find(({ event }) => event === 'ping'), { number: 1 })
  t.like(json.lines.at(-1), { event: 'summary', sent: 1, received: 1 })
  t.regex((await alice.run(['ping', 'bob', '-c', '0'])).stderr, /at least 1/)
  t.regex((await alice.run(['ping', 'bob', '-i', '0'])).stderr, /0\.01 to 86400/)
  t.notRegex((await alice.run(['ping', '--help'])).stdout, /null|Infinity/)
  await chat.stop()
  await relay.stop()
})

test.serial('a peer that goes is lost and found again; Ctrl-C sums up', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = await pairOf(relay)
  const first = bob.start(['chat', 'alice', '--json'])
  await first.event('connection')
  const ping = alice.start(['ping', 'bob', '--json', '-i', '0.05'])
  await ping.event('ping')
  await first.stop('SIGKILL')
  await ping.event('lost')
  const second = bob.start(['chat', 'alice', '--json'])
  await second.event('connection')
  const lost = ping.lines.length
  await ping.until(() => ping.lines.slice(lost).some(({ event }) => event === 'ping'), 'an answer')
  t.is(await ping.stop('SIGINT'), 130)
  t.true(ping.lines.some(({ event, sent, received }) => event === 'summary' && Number(sent) > Number(received)))
  await second.stop()
  await relay.stop()
})

test.serial('a peer that comes is found; while the relay is away pings are lost, and say why', async t => {
  const relay = await TestRelay.start()
  const [alice, bob] = await pairOf(relay)
  const ping = alice.start(['ping', 'bob', '--json', '-i', '0.05', '--timeout', '0.5'])
  await ping.event('lost', ({ code }) => code === 'ERR_RELAY_OFFLINE')
  const chat = bob.start(['chat', 'alice', '--json'])
  await ping.event('ping')
  await relay.stop('SIGKILL')
  await ping.event('lost', ({ code }) => code === 'ERR_TRANSPORT_REFUSED')
  t.is(await ping.stop('SIGINT'), 130)
  await chat.stop()
})

test('a peer that was not there for one of the pings, when none came back, is what it ends with', async t => {
  for (const [failures, exit] of [
    [['ERR_RELAY_OFFLINE', 'ERR_TRANSPORT_REFUSED', 'ERR_TIMEOUT'], 4],
    [['ERR_TRANSPORT_REFUSED', 'ERR_TIMEOUT', 'ERR_RELAY_OFFLINE'], 4],
    [['ERR_TRANSPORT_REFUSED', 'ERR_TIMEOUT', 'ERR_TIMEOUT'], 1]
  ] as const) {
    const left: string[] = [...failures]
    const connection = new OwnConnection()
    connection.changed({ type: 'connected' } as never)
    const client = { peer: () => ({ open: async () => { throw Object.assign(new Error('lost'), { code: left.shift() }) } }), ping: async () => 1 }
    let told = ''
    const output = new Output({ command: 'ping', json: true }, { write: text => { told += text } })
    const session = { client, connection, names: { resolve: () => ({ id: randomUuid(), name: 'bob' }) }, signal: new AbortController().signal }
    t.is(await ping(session as never, 'bob', { count: 3, interval: 0, timeout: 1 }, output), exit)
    t.deepEqual(told.trim().split('\n').map(line => (JSON.parse(line) as { code?: string }).code), [...failures, undefined])
  }
})

test('the least, the mean and the most', t => {
  t.is(summaryOf([]), undefined)
  t.deepEqual(summaryOf([1, 2, 6]), { min: 1, avg: 3, max: 6 })
  fc.assert(fc.property(fc.array(fc.nat(10_000), { minLength: 1 }), rounds => {
    const { min, avg, max } = summaryOf(rounds) ?? { min: 1, avg: 0, max: 0 }
    t.true(min <= avg && avg <= max)
  }))
})
