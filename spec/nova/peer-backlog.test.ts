import test from 'ava'
import { randomUuid } from '../../lib/bytes/index.js'
import { PeerBacklog } from '../../lib/nova/peer-backlog.js'
import type { MessagePacket } from '../../lib/nova/session/session.js'
import { items } from '../support/sources.js'

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
