import test from 'ava'
import { equalUuid } from '../../lib/bytes/index.js'
import type { Message } from '../../lib/nova/index.js'
import { HostileRelay, isMessage, type HeldPacket } from './hostile-relay.js'
import { codeOf, first, meet, type Joined } from './support.js'

const text = (words: string): Uint8Array => new TextEncoder().encode(words)

/** Alice and Bob who have met over a relay that turns bad only then. */
async function met () {
  const relay = new HostileRelay()
  const [alice, bob] = await Promise.all([relay.join(), relay.join()])
  const [toBob, toAlice] = await meet(alice, bob)
  return { relay, alice, bob, toBob, toAlice, inbox: toAlice.messages[Symbol.asyncIterator]() }
}

async function next (inbox: AsyncIterator<Message>): Promise<Message> {
  return first({ [Symbol.asyncIterator]: () => inbox })
}

function leave (...clients: Joined[]): void {
  for (const client of clients) client.link.abort()
}

const changes: ReadonlyArray<readonly [name: string, change: (packet: HeldPacket) => HeldPacket]> = [
  ['another kind', ({ header, body }) => ({ header: { ...header, kind: header.kind + 1n }, body })],
  ['a flipped bit at the end', ({ header, body }) => ({ header, body: body.map((byte, at) => at === body.byteLength - 1 ? byte ^ 1 : byte) })],
  ['a flipped bit of the counter', ({ header, body }) => ({ header, body: body.map((byte, at) => at === 15 ? byte ^ 1 : byte) })],
  ['a flipped bit of the salt', ({ header, body }) => ({ header, body: body.map((byte, at) => at === 17 ? byte ^ 1 : byte) })],
  ['another version', ({ header, body }) => ({ header, body: body.map((byte, at) => at === 0 ? 9 : byte) })],
  ['a part missing', ({ header, body }) => ({ header, body: body.subarray(0, -1) })],
  ['bytes after the end', ({ header, body }) => ({ header, body: Uint8Array.of(...body, 0) })],
  ['no body', ({ header }) => ({ header, body: new Uint8Array(0) })]
]

for (const [name, change] of changes) {
  test(`a packet that the relay has changed is refused, and nothing else: ${name}`, async t => {
    const { relay, alice, bob, toBob, inbox } = await met()
    relay.malice = { forward: packet => [isMessage(packet, alice.identity) ? change(packet) : packet] }
    await toBob.send(1n, text('the amount is 100'))
    t.regex(await codeOf((await next(inbox)).bytes()), /^ERR_SESSION_/)
    relay.malice = {}
    await toBob.send(2n, text('as before'))
    t.deepEqual(await (await next(inbox)).bytes(), text('as before'))
    leave(alice, bob)
  })
}

test('a packet that the relay sends twice is opened once', async t => {
  const { relay, alice, bob, toBob, inbox } = await met()
  relay.malice = { forward: packet => isMessage(packet, alice.identity) ? [packet, packet] : [packet] }
  await toBob.send(1n, text('pay 100'))
  t.deepEqual(await (await next(inbox)).bytes(), text('pay 100'))
  t.is(await codeOf((await next(inbox)).bytes()), 'ERR_SESSION_REPLAYED')
  leave(alice, bob)
})

test('a packet that the relay sends back to its sender is refused', async t => {
  const { relay, alice, bob, toBob } = await met()
  relay.malice = {
    forward: packet => isMessage(packet, alice.identity) ? [{ ...packet, header: { ...packet.header, target: packet.header.source, source: packet.header.target } }] : [packet]
  }
  await toBob.send(1n, text('hello'))
  t.regex(await codeOf((await first(toBob.messages)).bytes()), /^ERR_SESSION_/)
  leave(alice, bob)
})

test('a packet that the relay gives another sender is refused', async t => {
  const { relay, alice, bob, toBob } = await met()
  const carol = await relay.join()
  const [, fromCarol] = await meet(carol, bob)
  relay.malice = { forward: packet => [isMessage(packet, alice.identity) ? { ...packet, header: { ...packet.header, source: carol.identity.id } } : packet] }
  await toBob.send(1n, text('I am Carol'))
  t.regex(await codeOf((await first(fromCarol.messages)).bytes()), /^ERR_SESSION_/)
  leave(alice, bob, carol)
})

test('a packet that the relay gives another recipient is refused', async t => {
  const { relay, alice, bob, toBob } = await met()
  const carol = await relay.join()
  const [, toCarol] = await meet(alice, carol)
  relay.malice = { forward: packet => [isMessage(packet, alice.identity) ? { ...packet, header: { ...packet.header, target: carol.identity.id } } : packet] }
  await toBob.send(1n, text('for Bob'))
  t.regex(await codeOf((await first(toCarol.messages)).bytes()), /^ERR_SESSION_/)
  leave(alice, bob, carol)
})

test('a relay that brings greetings to somebody else is found out', async t => {
  const relay = new HostileRelay()
  const [alice, bob, mallory] = await Promise.all([relay.join(), relay.join(), relay.join()])
  // what is meant for Bob goes to Mallory, and her answers come back as his
  relay.malice = {
    forward: ({ header, body }) => [{
      header: equalUuid(header.source, alice.identity.id) ? { ...header, target: mallory.identity.id } : { ...header, source: bob.identity.id },
      body
    }]
  }
  t.is(await codeOf(alice.peers.dial(bob.identity.id)), 'ERR_NOISE_AUTH')
  leave(alice, bob, mallory)
})
