import test from 'ava'
import { mlKem768 } from '../../lib/noise/hybrid.js'
import { createIdentity, pinned, stack, type HardenedStackOptions, type NovaLink, type PostQuantum } from '../../lib/nova/index.js'
import { hardenedHandshake, type NegotiatedHandshake } from '../../lib/nova/post-quantum.js'
import { HushwireError } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { first, join, testRelay } from '../relay/support.js'
import { codeOf, pattern } from '../support/sources.js'
import { ALICE, bodyOf, nextPacket, SERVER } from './support.js'
import { bytes, read, Switchboard } from './switchboard.js'

type Mode = PostQuantum['mode'] | undefined
const MODES: readonly Mode[] = ['required', 'offered', 'off', undefined]
const given = (mode: Mode): PostQuantum | undefined => mode && { mode, kem: mlKem768 }

/** What a pair of modes comes to: hybrid, classic, or no link. */
function outcomeOf (one: Mode, two: Mode): boolean | undefined {
  const wants = [one ?? 'off', two ?? 'off']
  if (!wants.includes('off')) return true
  return wants.includes('required') ? undefined : false
}

async function both (initiator: Partial<HardenedStackOptions>, responder: Partial<HardenedStackOptions>): Promise<[NovaLink, NovaLink]> {
  const [left, right] = memoryPair({ chunks: { seed: 5, max: 700 } })
  return Promise.all([
    stack(left, { role: 'initiator', identity: ALICE, verify: pinned(SERVER.publicKey), ...initiator }),
    stack(right, { role: 'responder', identity: SERVER, verify: () => true, ...responder })
  ])
}

for (const one of MODES) {
  for (const two of MODES) {
    for (const pattern_ of ['XX', 'IK'] as const) {
      test(`link with ${pattern_}: ${one ?? 'nothing said'} and ${two ?? 'nothing said'}`, async t => {
        const pinnedStatic = pattern_ === 'IK' ? SERVER.staticKey.publicKey : undefined
        const linked = both({ postQuantum: given(one), pinnedStatic }, { postQuantum: given(two) })
        const hybrid = outcomeOf(one, two)
        if (hybrid === undefined) {
          t.not(await codeOf(linked), 'resolved')
          return
        }
        const [a, b] = await linked
        const name = hybrid ? `Noise_${pattern_}hfs_25519+MLKEM768_AESGCM_SHA256` : `Noise_${pattern_}_25519_AESGCM_SHA256`
        t.deepEqual([a.protocol, b.protocol], [name, name])
        t.deepEqual(a.handshakeHash, b.handshakeHash)
        for (const [from, to] of [[a, b], [b, a]] as const) {
          const sent = from.send({ target: SERVER.id, source: ALICE.id, kind: 1n }, pattern(1000))
          t.deepEqual(await bodyOf(await nextPacket(to.source)), pattern(1000))
          await sent
        }
        await Promise.all([a.close(), b.close()])
      })
    }
  }
}

interface Ends { initiator: NegotiatedHandshake, responder: NegotiatedHandshake }

function handshakes (initiator: Mode, responder: Mode): Ends {
  return {
    initiator: hardenedHandshake({ role: 'initiator', identity: ALICE, verify: () => true }, given(initiator)),
    responder: hardenedHandshake({ role: 'responder', identity: SERVER, verify: () => true }, given(responder))
  }
}

/** Runs both; `change` stands between them, as one who wants them to do without. */
async function play ({ initiator, responder }: Ends, change: (message: Uint8Array, index: number) => Uint8Array = message => message): Promise<string> {
  try {
    for (let index = 0; initiator.turn !== 'done' || responder.turn !== 'done'; index++) {
      const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator]
      await reader.read(change(writer.write(), index))
    }
    return initiator.result().protocol
  } catch (error) {
    return error instanceof HushwireError ? error.code : String(error)
  }
}

test('sizes on the wire', async t => {
  const sizes: number[] = []
  await play(handshakes('offered', 'offered'), message => {
    sizes.push(message.byteLength)
    return message
  })
  t.deepEqual(sizes, [1, 1, 1229, 1309, 160])
  sizes.length = 0
  await play({
    initiator: hardenedHandshake({ role: 'initiator', identity: ALICE, verify: () => true, pinnedStatic: SERVER.staticKey.publicKey }, given('required')),
    responder: hardenedHandshake({ role: 'responder', identity: SERVER, verify: () => true }, given('offered'))
  }, message => {
    sizes.push(message.byteLength)
    return message
  })
  t.deepEqual(sizes, [1405, 1261])
})

test('nobody between can choose for the ends', async t => {
  const flip = (at: number) => (message: Uint8Array, index: number): Uint8Array => index === at ? Uint8Array.of((message[0] as number) ^ 1) : message
  // the choice turned either way: the ends run different patterns
  t.is(await play(handshakes('offered', 'offered'), flip(1)), 'ERR_HANDSHAKE_MESSAGE')
  t.is(await play(handshakes('offered', 'off'), flip(1)), 'ERR_HANDSHAKE_MESSAGE')
  t.is(await play(handshakes('offered', 'offered'), flip(0)), 'ERR_NOISE_NEGOTIATION')
  // an offer and a choice that only one end has seen: it is in one prologue and not in the other
  const stripped = handshakes('offered', 'offered')
  stripped.initiator.write()
  void stripped.initiator.read(Uint8Array.of(0))
  void stripped.responder.read(stripped.initiator.write())
  const answer = stripped.responder.write()
  t.is(await codeOf((async () => stripped.initiator.read(answer))()), 'ERR_NOISE_AUTH')
})

test('a choice that is none, and any first byte but the offer', async t => {
  for (let byte = 2; byte < 256; byte++) {
    t.is(await play(handshakes('offered', 'offered'), (message, index) => index === 1 ? Uint8Array.of(byte) : message), 'ERR_NOISE_NEGOTIATION')
    t.is(await play(handshakes('offered', 'off'), (message, index) => index === 0 ? Uint8Array.of(byte) : message), 'ERR_NOISE_NEGOTIATION')
  }
})

test('a hybrid handshake fails with any byte of its key or ciphertext changed', async t => {
  for (const at of [0, 1]) {
    for (let byte = 0; byte < 1229; byte += 97) {
      const code = await play(handshakes('required', 'required'), (message, index) => {
        if (index !== at) return message
        const changed = message.slice()
        changed[byte] = (changed[byte] as number) ^ 1
        return changed
      })
      t.true(['ERR_NOISE_AUTH', 'ERR_NOISE_KEM', 'ERR_HANDSHAKE_VERSION', 'ERR_HANDSHAKE_OFFER'].includes(code), `message ${at}, byte ${byte}: ${code}`)
    }
  }
})

test('a responder\'s own mistakes show at once', t => {
  t.throws(() => hardenedHandshake({ role: 'responder', identity: SERVER, verify: () => true, offer: { window: 1 } }, given('offered')), { code: 'ERR_HANDSHAKE_OPTION' })
})

for (const one of MODES) {
  for (const two of MODES.filter(two => outcomeOf(one, two) !== undefined)) {
    test(`peers: ${one ?? 'nothing said'} and ${two ?? 'nothing said'}, one after the other and both at once`, async t => {
      for (const atOnce of [false, true]) {
        const board = new Switchboard()
        const [a, b] = [board.hub({ postQuantum: given(one) }), board.hub({ postQuantum: given(two) })]
        const [there, here] = await Promise.all([a.hub.dial(b.id), atOnce ? b.hub.dial(a.id) : first(b.hub.incoming)])
        for (const [from, to] of [[there, here], [here, there]] as const) {
          await from.send(1n, bytes('hello'))
          t.is(await read(to.messages), 'hello')
        }
        // the hybrid key is seen in the size of what went over the board
        t.is(board.log.some(({ body }) => body.byteLength > 1200), outcomeOf(one, two) === true)
        await Promise.all([a.hub.close(), b.hub.close()])
      }
    })
  }
}

test('peers: required and off do not come together', async t => {
  for (const modes of [['required', 'off'], ['off', 'required']] as const) {
    const board = new Switchboard()
    const [a, b] = [board.hub({ postQuantum: given(modes[0]), limits: { handshakeTimeout: 200 } }), board.hub({ postQuantum: given(modes[1]) })]
    t.is(await codeOf(a.hub.dial(b.id)), 'ERR_PEER_TIMEOUT')
    await Promise.all([a.hub.close(), b.hub.close()])
  }
})

test('a relay that requires it, its clients, and they with each other', async t => {
  const postQuantum = given('required')
  const server = await testRelay({ postQuantum })
  const [alice, bob] = await Promise.all([
    join(server, { postQuantum, peerPostQuantum: postQuantum }),
    join(server, { postQuantum: given('offered'), peerPostQuantum: given('offered'), identity: createIdentity() })
  ])
  t.is(alice.link.protocol, 'Noise_XXhfs_25519+MLKEM768_AESGCM_SHA256')
  t.is(bob.link.protocol, alice.link.protocol)
  const staticKey = (await alice.lookup(bob.identity.id))?.staticKey
  const [there, here] = await Promise.all([alice.peers.dial(bob.identity.id, { staticKey }), first(bob.peers.incoming)])
  await there.send(1n, bytes('hello'))
  t.is(await read(here.messages), 'hello')
  t.not(await codeOf(join(server)), 'resolved')
  await Promise.all([alice.close(), bob.close()])
  await server.relay.close()
})
