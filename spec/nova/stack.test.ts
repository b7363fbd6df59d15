import test from 'ava'
import { createIdentity, idOf, pinned, stack, type HardenedStackOptions, type NovaLink, type RoutedPacket, type SeedStackOptions } from '../../lib/nova/index.js'
import type { Duplex } from '../../lib/stream/index.js'
import { memoryPair, type MemoryPairOptions } from '../../lib/transport/memory.js'
import { ALICE, bodyOf, KEY_ONE, later, LEFT_KEYS, nextPacket, RIGHT_KEYS, SERVER, stackPair } from './support.js'
import { codeOf, pattern } from '../support/sources.js'

type Options = HardenedStackOptions | SeedStackOptions

const ends: Array<[name: string, left: Options, right: Options]> = [
  ['hardened', { role: 'initiator', identity: ALICE, verify: pinned(SERVER.publicKey) }, { role: 'responder', identity: SERVER, verify: () => true }],
  ['hardened, greeted with IK', { role: 'initiator', identity: ALICE, verify: pinned(SERVER.publicKey), pinnedStatic: SERVER.staticKey.publicKey }, { role: 'responder', identity: SERVER, verify: pinned(ALICE.publicKey) }],
  ['seed, one key', { profile: 'seed', key: KEY_ONE }, { profile: 'seed', key: KEY_ONE }],
  ['seed, two keys, masked', { profile: 'seed', key: LEFT_KEYS, obfuscate: true }, { profile: 'seed', key: RIGHT_KEYS, obfuscate: true }],
  ['seed, hello', { profile: 'seed', hello: { role: 'initiator' } }, { profile: 'seed', hello: { role: 'responder' } }],
  ['seed, hello, masked', { profile: 'seed', hello: { role: 'initiator' }, obfuscate: true }, { profile: 'seed', hello: { role: 'responder' }, obfuscate: true }],
  ['seed, both greet first', { profile: 'seed', hello: { role: 'initiator' } }, { profile: 'seed', hello: { role: 'initiator' } }]
]
const wires: Array<[name: string, options: MemoryPairOptions]> = [
  ['as written', {}],
  ['byte by byte', { chunks: 1 }],
  ['random chunks, late', { chunks: { seed: 11, max: 90 }, latency: 1 }],
  ['a small buffer', { buffer: 100, toLeft: { chunks: { seed: 3, max: 4000 } } }]
]

async function both (left: Options, right: Options, memory?: MemoryPairOptions): Promise<[NovaLink, NovaLink]> {
  const [a, b] = memoryPair(memory)
  return Promise.all([stack(a, left), stack(b, right)])
}

for (const [name, left, right] of ends) {
  for (const [wire, memory] of wires) {
    // one after another: their handshakes have a deadline
    test.serial(`${name}, ${wire}: packets both ways, then the end`, async t => {
      const [one, two] = await both(left, right, memory)
      const sizes = [0, 1, 44, 1000, memory.chunks === 1 ? 3000 : 70_000]
      const exchange = async (from: NovaLink, to: NovaLink, kind: bigint): Promise<void> => {
        const sent = sizes.map(size => from.send({ target: SERVER.id, source: ALICE.id, kind: kind + BigInt(size) }, pattern(size)))
        const came = new Map<bigint, Promise<Uint8Array | string>>()
        const source = to.source[Symbol.asyncIterator]()
        while (came.size < sizes.length) {
          const packet = (await source.next() as IteratorResult<RoutedPacket, never>).value
          t.deepEqual([packet.header.target, packet.header.source], [SERVER.id, ALICE.id])
          came.set(packet.header.kind - kind, bodyOf(packet))
        }
        await Promise.all(sent)
        for (const size of sizes) t.deepEqual(await came.get(BigInt(size)), pattern(size))
      }
      await Promise.all([exchange(one, two, 1n), exchange(two, one, 1n << 63n)])
      await Promise.all([one.close(), two.close()])
      await Promise.all([one.closed, two.closed])
      t.is(one.profile, name.startsWith('seed') ? 'seed' : 'hardened')
      if (one.profile === 'hardened') {
        t.deepEqual([one.remote?.id, two.remote?.id], [SERVER.id, ALICE.id])
        t.deepEqual(one.handshakeHash, two.handshakeHash)
      } else {
        t.deepEqual([one.remote, one.handshakeHash], [undefined, undefined])
      }
    })
  }
}

/** How both ends of a pair fare: the code of the handshake's failure, or else of the link's. */
async function fates (left: Options, right: Options, act: (link: NovaLink) => void = () => {}): Promise<string[]> {
  const fate = async (duplex: Duplex, options: Options): Promise<string> => {
    try {
      const end = await stack(duplex, { ...options, limits: { ...options.limits, handshakeTimeout: 300, closeTimeout: 300 } })
      act(end)
      return await codeOf(end.closed)
    } catch (error) {
      return (error as { code?: string }).code ?? String(error)
    }
  }
  const [a, b] = memoryPair()
  return Promise.all([fate(a, left), fate(b, right)])
}

const hardened = (role: 'initiator' | 'responder'): HardenedStackOptions => ({ role, identity: role === 'initiator' ? ALICE : SERVER, verify: () => true })
const mismatches: Array<[what: string, left: Options, right: Options, codes: RegExp]> = [
  ['hardened to seed hello', hardened('initiator'), { profile: 'seed', hello: { role: 'responder' } }, /^ERR_TRANSPORT_RESET ERR_HANDSHAKE_MESSAGE$/],
  ['seed hello to hardened', { profile: 'seed', hello: { role: 'initiator' } }, hardened('responder'), /^ERR_TRANSPORT_RESET ERR_HANDSHAKE_MESSAGE$/],
  ['hardened to seed with a key', hardened('initiator'), { profile: 'seed', key: KEY_ONE }, /^ERR_TRANSPORT_RESET ERR_CIPHER_PLAINTEXT$/],
  ['hardened to seed with a key, masked', hardened('initiator'), { profile: 'seed', key: KEY_ONE, obfuscate: true }, /^ERR_TRANSPORT_RESET ERR_FRAME_MAGIC$/],
  ['seed with a key to hardened', { profile: 'seed', key: KEY_ONE }, hardened('responder'), /^ERR_TRANSPORT_RESET ERR_PACKET_PROTOCOL$/],
  ['seed hello to seed with a key', { profile: 'seed', hello: { role: 'initiator' } }, { profile: 'seed', key: KEY_ONE }, /^ERR_TRANSPORT_RESET ERR_CIPHER_PLAINTEXT$/],
  ['two initiators', hardened('initiator'), hardened('initiator'), /^ERR_(NOISE_\w+|HANDSHAKE_\w+|TRANSPORT_RESET) ERR_(NOISE_\w+|HANDSHAKE_\w+|TRANSPORT_RESET)$/],
  ['two responders', hardened('responder'), hardened('responder'), /^ERR_(HANDSHAKE_TIMEOUT|TRANSPORT_RESET) ERR_(HANDSHAKE_TIMEOUT|TRANSPORT_RESET)$/],
  ['masked to unmasked', { profile: 'seed', key: KEY_ONE, obfuscate: true }, { profile: 'seed', key: KEY_ONE }, /^ERR_(TRANSPORT_RESET|FRAME_MAGIC) ERR_FRAME_MAGIC$/],
  ['another key', { profile: 'seed', key: new Uint8Array(32) }, { profile: 'seed', key: KEY_ONE, limits: { maxFailures: 1 } }, /^ERR_TRANSPORT_RESET ERR_CIPHER_FAILED$/],
  ['refused by the initiator', { ...hardened('initiator'), verify: pinned(ALICE.publicKey) }, hardened('responder'), /^ERR_IDENTITY_REFUSED ERR_TRANSPORT_RESET$/],
  ['refused by the responder', hardened('initiator'), { ...hardened('responder'), verify: () => false }, /^ERR_TRANSPORT_RESET ERR_IDENTITY_REFUSED$/],
  ['a pinned static key of somebody else', { ...hardened('initiator'), pinnedStatic: ALICE.staticKey.publicKey }, hardened('responder'), /^ERR_(NOISE_AUTH|TRANSPORT_RESET) ERR_(NOISE_AUTH|TRANSPORT_RESET)$/]
]

for (const [what, left, right, codes] of mismatches) {
  test(`${what}: both ends fail with a code`, async t => {
    const greet = (link: NovaLink): void => { void later(link.send({ target: SERVER.id, source: ALICE.id, kind: 1n }, pattern(100))) }
    t.regex((await fates(left, right, left.profile === 'seed' && left.key !== undefined ? greet : undefined)).join(' '), codes)
  })
}

test('whatever fails, also an option, aborts the duplex', async t => {
  const wrong: Options[] = [
    { profile: 'seed', key: new Uint8Array(5) },
    { profile: 'seed', key: KEY_ONE, obfuscate: true, plaintext: 'allow' },
    { profile: 'seed', key: KEY_ONE, limits: { maxFrame: 0 } },
    { ...hardened('initiator'), offer: { maxPackets: 0 } },
    { ...hardened('responder'), pinnedStatic: KEY_ONE }
  ]
  for (const options of wrong) {
    const [a, b] = memoryPair()
    t.regex(await codeOf(stack(a, options)), /^ERR_(CIPHER_KEY|CIPHER_OPTION|LIMIT_OPTION|HANDSHAKE_OPTION)$/)
    t.is(await codeOf(b.closed), 'ERR_TRANSPORT_RESET')
  }
})

test('verify that takes too long: the handshake ends in time at both ends', async t => {
  const never = { verify: () => new Promise<boolean>(() => {}) }
  t.regex((await fates({ ...hardened('initiator'), ...never }, hardened('responder'))).join(' '), /^ERR_HANDSHAKE_TIMEOUT ERR_(HANDSHAKE_TIMEOUT|TRANSPORT_RESET)$/)
  // what falls away under it is noticed as well
  const [a, b] = memoryPair()
  let asked!: () => void
  const asking = new Promise<void>(resolve => { asked = resolve })
  const left = later(stack(a, { ...hardened('initiator'), verify: () => { asked(); return new Promise<boolean>(() => {}) } }))
  void later(stack(b, hardened('responder')))
  await asking
  a.abort(new Error('unplugged'))
  t.is(await codeOf(left), 'unplugged')
})

test('maxIncoming is what is offered: a side never sends more packets at once than the other takes', async t => {
  const [one, two] = await stackPair({ right: { limits: { maxIncoming: 3 } } })
  const header = { target: SERVER.id, source: ALICE.id, kind: 1n }
  const sent = Promise.all(Array.from({ length: 40 }, () => one.send(header, [pattern(10)])))
  let count = 0
  for await (const packet of two.source) {
    t.deepEqual(await bodyOf(packet), pattern(10))
    if (++count === 40) break
  }
  await sent
  await Promise.all([one.close(), two.close()])
})

for (const backend of ['small', 'large'] as const) {
  test(`rekeys at low limits, both directions at once, ${backend} packets`, async t => {
    const [count, size, limits] = backend === 'small' ? [3000, 20, { rekeyFrames: 7 }] as const : [60, 30_000, { rekeyBytes: 50_000 }] as const
    const [one, two] = await stackPair({ both: { limits } })
    const header = { target: SERVER.id, source: ALICE.id, kind: 1n }
    const exchange = async (from: NovaLink, to: NovaLink): Promise<number> => {
      const sending = (async () => { for (let index = 0; index < count; index++) await from.send(header, pattern(size + index % 3)) })()
      let came = 0
      for await (const packet of to.source) {
        const body = await bodyOf(packet)
        if (body.length !== size + came % 3) t.fail(`packet ${came}: ${body.length} of ${size + came % 3}`)
        if (++came === count) break
      }
      await sending
      return came
    }
    t.deepEqual(await Promise.all([exchange(one, two), exchange(two, one)]), [count, count])
    await Promise.all([one.close(), two.close()])
    t.is(await codeOf(one.closed), 'resolved')
  })
}

test('half-close: hardened links end together, the seed\'s go on the other way', async t => {
  const [one, two] = await both(...(ends[2]?.slice(1) as [Options, Options]))
  const closed = later(one.close())
  t.true((await two.source[Symbol.asyncIterator]().next()).done)
  const header = { target: SERVER.id, source: ALICE.id, kind: 1n }
  await two.send(header, pattern(5))
  t.deepEqual(await bodyOf(await nextPacket(one.source)), pattern(5))
  await two.close()
  await closed
  const [three, four] = await stackPair()
  await three.close()
  t.is(await codeOf(four.send(header, pattern(1))), 'ERR_LINK_GOAWAY')
  await four.closed
  await three.closed
})

test('an identity\'s id is its key\'s, at both ends', async t => {
  const stranger = createIdentity()
  const [one, two] = await stackPair({ left: { identity: stranger } })
  t.deepEqual(two.remote?.id, idOf(stranger.publicKey))
  await Promise.all([one.close(), two.close()])
})

test('options that types would not allow are refused at once, and a duplex that cannot be aborted does not hide the cause', async t => {
  const verify = (): boolean => true
  const wrong: object[] = [{}, { identity: ALICE, verify }, { role: 'initiator', identity: ALICE }, { role: 'initiator', identity: ALICE, verify, profile: 'Seed' }]
  for (const options of wrong) {
    t.is(await codeOf(stack(memoryPair()[0], options as HardenedStackOptions)), 'ERR_HANDSHAKE_OPTION')
  }
  const broken: Duplex = {
    source: { [Symbol.asyncIterator]: () => { throw new Error('source') } },
    sink: () => { throw new Error('sink') },
    close: () => Promise.resolve(),
    abort: () => { throw new Error('abort') }
  }
  const error = await t.throwsAsync(stack(broken, { role: 'initiator', identity: ALICE, verify }))
  t.not(error?.message, 'abort')
})
