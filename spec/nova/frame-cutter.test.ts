import test from 'ava'
import { LAST_NONCE } from '../../lib/nova/frame.js'
import { FrameCutter } from '../../lib/nova/frame-cutter.js'

test('the nonce of a frame never wraps: a packet of more frames than there are nonces fails', t => {
  const cutter = new FrameCutter({ firstNonce: 1, controlNonce: 1, terminatorCarries: true } as never, 65_536)
  const packet = { nonce: 1, frameNonce: LAST_NONCE - 2, room: Infinity, credit: Infinity, take: () => ({ pieces: [Uint8Array.of(1)], size: 1, last: false }) }
  const frames: Array<{ frameNonce: number }> = []
  cutter.packet(frames as never, packet as never, true)
  t.is(frames.at(-1)?.frameNonce, LAST_NONCE - 1)
  t.throws(() => cutter.packet(frames as never, packet as never, true), { code: 'ERR_PACKET_TOO_LONG' })
  // the last one there is can end the packet
  packet.frameNonce = LAST_NONCE - 1
  packet.take = () => ({ pieces: [], size: 0, last: true })
  cutter.packet(frames as never, packet as never, true)
  t.is(frames.at(-1)?.frameNonce, LAST_NONCE)
})

test('nor does that of control: a link that has used them up ends', t => {
  const cutter = new FrameCutter({ firstNonce: 1, controlNonce: LAST_NONCE, terminatorCarries: true } as never, 65_536)
  const frames: Array<{ frameNonce: number }> = []
  const ping = [{ type: 4, packetNonce: 0, value: 1 }]
  cutter.controls(frames as never, ping)
  t.is(frames.at(-1)?.frameNonce, LAST_NONCE)
  t.throws(() => { cutter.controls(frames as never, ping) }, { code: 'ERR_PACKET_EXHAUSTED' })
  t.is(frames.length, 1)
})
