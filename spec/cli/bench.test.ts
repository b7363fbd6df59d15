import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import test from 'ava'
import { measurePeer } from '../../lib/cli/bench/peer.js'
import { perSecond, type Measurement } from '../../lib/cli/bench/measurement.js'
import { pingAnswers } from '../../lib/chat/index.js'
import { createIdentity } from '../../lib/nova/index.js'
import { connect } from '../../lib/relay/index.js'
import { startRelay } from '../../lib/relay/server/index.js'
import { cleanUp, User } from './support.js'

test.after.always(cleanUp)

const MAIN = new URL('../../lib/cli/main.js', import.meta.url).pathname

test('bench of this machine: every figure, for programs and for people', async t => {
  const run = async (...flags: string[]): Promise<string> => (await promisify(execFile)(process.execPath, [MAIN, 'bench', '--seconds', '0.1', ...flags])).stdout
  const events = (await run('--json')).trim().split('\n').map(line => JSON.parse(line) as Measurement & { event: string })
  t.deepEqual(events.map(({ event, name, unit }) => [event, name, unit]), [
    ['measured', 'cipher', 'MB/s'],
    ['measured', 'handshakes', '/s'],
    ['measured', 'roundTrip', 'ms'],
    ['measured', 'stream', 'MB/s'],
    ['measured', 'mail', '/s']
  ])
  t.true(events.every(({ value }) => value > 0))
  const lines = (await run()).trim().split('\n')
  t.is(lines.length, events.length)
  t.regex(lines[0] ?? '', /^AES-256-GCM, frames of 64 KiB +[\d,.]+ MB\/s$/)
})

test('bench of the way to a peer: what was sent comes back', async t => {
  const identity = createIdentity()
  const relay = await startRelay({ identity, tcp: { port: 0 } })
  const open = (): ReturnType<typeof connect> => connect({ url: `tcp://127.0.0.1:${relay.tcp?.port}`, relay: identity.publicKey, identity: createIdentity(), accept: 'anyone' })
  const [one, other] = [await open(), await open()]
  const answer = pingAnswers()
  const answering = (async () => { for await (const stream of other.streams) answer(stream) })()
  const measured: Measurement[] = []
  const { publicKey } = (await one.lookup(other.id)) ?? {}
  await one.contacts.trust(publicKey as Uint8Array)
  for await (const measurement of measurePeer({ client: one, signal: new AbortController().signal }, other, 0.1)) measured.push(measurement)
  t.deepEqual(measured.map(({ name, unit }) => [name, unit]), [['hop', 'ms'], ['roundTrip', 'ms'], ['thereAndBack', 'MB/s']])
  t.true(measured.every(({ value }) => value > 0))
  // told to end, it measures nothing to its end
  await t.throwsAsync(measurePeer({ client: one, signal: AbortSignal.abort(new Error('stopped')) }, other, 600).next(), { message: 'stopped' })
  await Promise.all([one.close(), other.close(), answering])
  await relay.close()
})

test('perSecond does the work once more than it counts, and at least once', async t => {
  let times = 0
  t.true(await perSecond(0, () => { times++ }) > 0)
  t.is(times, 2)
})

test('bench of this machine ends at once when it is told to', async t => {
  for (const [signal, exit] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    const run = new User().start(['bench', '--seconds', '600'])
    await run.until(() => run.stderr === 'measuring …\n', 'its beginning')
    t.is(await run.stop(signal), exit)
    t.is(run.stderr, 'measuring …\n')
  }
})

test('bench: a wrong flag ends with 2', async t => {
  await t.throwsAsync(promisify(execFile)(process.execPath, [MAIN, 'bench', '--seconds', 'fast']), { code: 2 as never })
})
