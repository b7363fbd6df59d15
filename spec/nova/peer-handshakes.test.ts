import test from 'ava'
import { uuidKey, type Uuid } from '../../lib/bytes/index.js'
import { createIdentity, HardenedHandshake, type HopAgreement, type Identity } from '../../lib/nova/index.js'
import { encodeGreeting, newAttempt, readGreeting, type Greeting } from '../../lib/nova/greeting.js'
import { PeerHandshakes } from '../../lib/nova/peer-handshakes.js'
import { deferred, ignore } from '../../lib/stream/index.js'
import { codeOf, items } from '../support/sources.js'

/** Somebody who greets us, message by message. */
class Greeter {
  readonly identity: Identity = createIdentity()
  readonly #attempt = newAttempt()
  readonly #handshake: HardenedHandshake

  constructor (us: Uuid) {
    this.#handshake = new HardenedHandshake({ role: 'initiator', identity: this.identity, verify: () => true, peer: us })
  }

  get id (): Uuid { return this.identity.id }

  first (): Greeting { return { step: 1, attempt: this.#attempt, message: this.#handshake.write() } }

  async third (answer: Greeting): Promise<Greeting> {
    await this.#handshake.read(answer.message)
    return { step: 3, attempt: this.#attempt, message: this.#handshake.write() }
  }
}

/** Handshakes of ours, and what they send. */
function ours (verify: (peer: { id: Uuid }) => boolean | Promise<boolean>, maxHandshakes: number): { handshakes: PeerHandshakes, us: Identity, agreed: HopAgreement[], answerTo: (peer: Uuid) => Promise<Greeting> } {
  const us = createIdentity()
  const agreed: HopAgreement[] = []
  const sent = new Map<string, Uint8Array>()
  const handshakes = new PeerHandshakes({
    identity: us,
    verify,
    offer: undefined,
    postQuantum: undefined,
    timeout: 10_000,
    maxHandshakes,
    send: async (peer, body) => { sent.set(uuidKey(peer), body) },
    welcome: () => true,
    onAgreement: agreement => { agreed.push(agreement); return true }
  })
  const answerTo = (peer: Uuid): Promise<Greeting> => readGreeting(items(sent.get(uuidKey(peer)) ?? new Uint8Array(0)))
  return { handshakes, us, agreed, answerTo }
}

test('where all are answers that nobody goes on with, the oldest makes way, and who goes on comes through', async t => {
  const { handshakes, us, agreed, answerTo } = ours(() => true, 3)
  const greeters = Array.from({ length: 6 }, () => new Greeter(us.id))
  for (const greeter of greeters) await handshakes.receive(greeter.id, greeter.first())
  t.deepEqual(greeters.map(({ id }) => handshakes.underWay(id)), [false, false, false, true, true, true])
  const [, , third, fourth] = greeters as [Greeter, Greeter, Greeter, Greeter]
  await handshakes.receive(fourth.id, await fourth.third(await answerTo(fourth.id)))
  // that one has made way: nothing of it is left to go on with
  await handshakes.receive(third.id, await third.third(await answerTo(third.id)))
  t.deepEqual(agreed.map(({ remote }) => remote.id), [fourth.id])
  handshakes.fail(new Error('over'))
  t.false(greeters.some(({ id }) => handshakes.underWay(id)))
})

test('one about which a decision is pending stays, and so does one that a dial waits for', async t => {
  const verdict = deferred<boolean>()
  const { handshakes, us, agreed, answerTo } = ours(() => verdict.promise, 2)
  const [busy, awaited, late, later] = Array.from({ length: 4 }, () => new Greeter(us.id)) as [Greeter, Greeter, Greeter, Greeter]
  await handshakes.receive(busy.id, busy.first())
  const deciding = handshakes.receive(busy.id, await busy.third(await answerTo(busy.id)))
  await handshakes.receive(awaited.id, awaited.first())
  const dialled = handshakes.dial(awaited.id, undefined, undefined)
  await handshakes.receive(late.id, late.first())
  t.deepEqual([busy, awaited, late].map(({ id }) => handshakes.underWay(id)), [true, true, false])
  t.is(await codeOf(answerTo(late.id)), 'ERR_PEER_GREETING')
  const finished = handshakes.receive(awaited.id, await awaited.third(await answerTo(awaited.id)))
  verdict.resolve(true)
  await Promise.all([deciding, finished, dialled])
  t.deepEqual(new Set(agreed.map(({ remote }) => uuidKey(remote.id))), new Set([busy, awaited].map(({ id }) => uuidKey(id))))
  await handshakes.receive(later.id, later.first())
  t.true(handshakes.underWay(later.id))
  handshakes.fail(new Error('over'))
})

test('greetings of others take no room from our own', async t => {
  const { handshakes, us } = ours(() => true, 1)
  const own = handshakes.dial(createIdentity().id, undefined, undefined)
  own.catch(ignore)
  for (let i = 0; i < 5; i++) {
    const greeter = new Greeter(us.id)
    await handshakes.receive(greeter.id, greeter.first())
    t.true(handshakes.underWay(greeter.id))
  }
  t.is(await codeOf(handshakes.dial(createIdentity().id, undefined, undefined)), 'ERR_PEER_LIMIT')
  handshakes.fail(new Error('over'))
  t.is(await codeOf(own), 'over')
})

test('what is malformed of a greeter that waits for its turn harms its own attempt alone', async t => {
  const { handshakes, us, agreed, answerTo } = ours(() => true, 2)
  const [bad, good] = [new Greeter(us.id), new Greeter(us.id)]
  const first = bad.first()
  await handshakes.receive(bad.id, first)
  await handshakes.receive(good.id, good.first())
  await handshakes.receive(bad.id, await readGreeting(items(encodeGreeting({ ...first, step: 3, message: new Uint8Array(60) }))))
  t.false(handshakes.underWay(bad.id))
  await handshakes.receive(good.id, await good.third(await answerTo(good.id)))
  t.is(agreed.length, 1)
})
