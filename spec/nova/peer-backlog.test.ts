import test from 'ava'
import { randomUuid } from '../../lib/bytes/index.js'
import { PeerBacklog } from '../../lib/nova/peer-backlog.js'
import type { MessagePacket } from '../../lib/nova/session/session.js'
import { items } from '../support/sources.js'
import { idle } from './switchboard.js'

test('packets wait behind a greeting up to the limit, and go on in their order', async t => {
  const peer = randomUuid()
  const delivered: bigint[] = []
  const backlog = new PeerBacklog(2, 10_000, packet => { delivered.push(packet.header.kind); return undefined })
  const packet = (kind: bigint): MessagePacket => ({ header: { target: randomUuid(), source: peer, kind }, source: items() })
  const release = backlog.hold(peer)
  t.is(backlog.push(packet(1n)), undefined)
  const room = backlog.push(packet(2n))
  t.true(room instanceof Promise)
  t.deepEqual(delivered, [])
  release()
  await room
  t.is(backlog.push(packet(3n)), undefined)
  t.deepEqual(delivered, [1n, 2n, 3n])
  t.false(backlog.holds(peer))
})

test('who has most of what waits, in packets and then in bytes, once it is too much; who is welcome does not count', async t => {
  const [one, two] = [randomUuid(), randomUuid()]
  const backlog = new PeerBacklog(10, 10_000, () => undefined)
  const releases = [backlog.hold(one), backlog.hold(two)]
  let looks = 0
  const put = async (source: Uint8Array, size: number): Promise<void> => {
    t.is(backlog.pushAhead({ header: { target: randomUuid(), source, kind: 1n }, source: items(new Uint8Array(size)) }, () => { looks++ }), undefined)
    await idle()
  }
  for (const [source, size] of [[one, 10], [two, 5000], [one, 10]] as const) await put(source, size)
  t.is(looks, 3)
  t.is(backlog.greediest({ packets: 3, bytes: 10_000 }), undefined)
  t.deepEqual(backlog.greediest({ packets: 2, bytes: 10_000 }), one)
  t.deepEqual(backlog.greediest({ packets: 3, bytes: 5000 }), two)
  backlog.welcomed(two)
  t.is(backlog.greediest({ packets: 2, bytes: 5000 }), undefined)
  backlog.forget(one)
  t.is(backlog.greediest({ packets: 0, bytes: 0 }), undefined)
  for (const release of releases) release()
  t.false(backlog.holds(two))
})
