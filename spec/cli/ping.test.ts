import test from 'ava'
import fc from 'fast-check'
import { summaryOf } from '../../lib/cli/ping/summary.js'
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

test.serial('a peer that was not there for one of the pings, when none came back, is what it ends with', async t => {
  const relay = await TestRelay.start()
  const [alice] = await pairOf(relay)
  const ping = alice.start(['ping', 'bob', '--json', '-c', '3', '-i', '2', '--timeout', '2'])
  await ping.event('lost', ({ code }) => code === 'ERR_RELAY_OFFLINE')
  await relay.stop('SIGKILL')
  t.is(await ping.ended, 4)
})

test('the least, the mean and the most', t => {
  t.is(summaryOf([]), undefined)
  t.deepEqual(summaryOf([1, 2, 6]), { min: 1, avg: 3, max: 6 })
  fc.assert(fc.property(fc.array(fc.nat(10_000), { minLength: 1 }), rounds => {
    const { min, avg, max } = summaryOf(rounds) ?? { min: 1, avg: 0, max: 0 }
    t.true(min <= avg && avg <= max)
  }))
})
