import test from 'ava'
import fc from 'fast-check'
import { mlKem768 } from '../../lib/noise/hybrid.js'
import { CipherState, noiseChannel, noiseLayer, noiseProtocol, type NoiseResult, type PostQuantumMode } from '../../lib/noise/index.js'
import { noiseError } from '../../lib/noise/errors.js'
import { CHACHAPOLY } from '../../lib/noise/protocol.js'
import { join, link, type Bytes } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { codeOf, collect, endless, items, pattern } from '../support/sources.js'
import { channels, codesOf, optionsOf, XX, XX_HYBRID, type Options } from './ends.js'
import { SUITES } from './suites.js'

const MODES: readonly PostQuantumMode[] = ['required', 'offered', 'off']

for (const initiator of MODES) {
  for (const responder of MODES) {
    test(`post-quantum ${initiator} at the initiator, ${responder} at the responder, through a channel`, async t => {
      const ask = (mode: PostQuantumMode): Options => ({ postQuantum: { mode, protocol: XX_HYBRID } })
      const agree = channels({ initiator: ask(initiator), responder: ask(responder) })
      if ((initiator === 'required' && responder === 'off') || (initiator === 'off' && responder === 'required')) {
        t.regex(await agree.then(String, String), /post-quantum: it is .+ here; the other side may/)
        return
      }
      const [near, far] = await agree
      const name = initiator === 'off' || responder === 'off' ? XX.name : XX_HYBRID.name
      t.deepEqual([near.protocol, far.protocol], [name, name])
      t.deepEqual(near.handshakeHash, far.handshakeHash)
      const [came] = await Promise.all([collect(far.source), near.sink(items(pattern(100_000))), collect(near.source), far.sink(items())])
      t.deepEqual(came, pattern(100_000))
    })
  }
}

test('a mode at one end alone, the other knows nothing of it: off comes together, required does not', async t => {
  const [near, far] = await channels({ initiator: { postQuantum: { mode: 'off', protocol: XX_HYBRID } } })
  t.deepEqual([near.protocol, far.protocol], [XX.name, XX.name])
  await Promise.all([near.close(), far.close()])
  t.regex(await channels({ responder: { postQuantum: { mode: 'required', protocol: XX_HYBRID } } }).then(String, String), /required here|RESET|reset/)
})

test('a key that is refused, and a failure of the handshake that comes late, over the hybrid pattern', async t => {
  const postQuantum = { mode: 'required', protocol: XX_HYBRID } as const
  const duplexes = memoryPair()
  t.deepEqual(await codesOf([
    noiseChannel(duplexes[0], optionsOf(XX, 'initiator', { postQuantum, verify: async () => false })),
    noiseChannel(duplexes[1], optionsOf(XX, 'responder', { postQuantum }))
  ]), ['ERR_NOISE_REFUSED', 'ERR_TRANSPORT_RESET'])
  // what is thrown late gets the same sentence as what is thrown at once
  for (const received of [async () => { throw noiseError('ERR_NOISE_AUTH') }, () => { throw noiseError('ERR_NOISE_AUTH') }]) {
    const pair = memoryPair()
    const [failed] = await Promise.allSettled([
      noiseChannel(pair[0], optionsOf(XX, 'initiator', { postQuantum, received })),
      noiseChannel(pair[1], optionsOf(XX, 'responder', { postQuantum }))
    ])
    t.regex(failed.status === 'rejected' ? String(failed.reason) : 'resolved', /it is required here; the other side may have it off/)
  }
})

for (const [protocol, both] of SUITES) {
  test(`${protocol.name}: through a channel, with keys that differ as well`, async t => {
    const [near, far] = await channels({ protocol, both })
    t.is(near.protocol, protocol.name)
    const [came, back] = await Promise.all([collect(far.source), collect(near.source), near.sink(items(pattern(70_000))), far.sink(items(pattern(9)))])
    t.deepEqual([came, back], [pattern(70_000), pattern(9)])
    if (both.psks === undefined) return
    const duplexes = memoryPair()
    const other = { psks: [new Uint8Array(32).fill(7)] }
    const codes = await codesOf([
      noiseChannel(duplexes[0], optionsOf(protocol, 'initiator', both)).then(async channel => collect(channel.source)),
      noiseChannel(duplexes[1], optionsOf(protocol, 'responder', other)).then(async channel => collect(channel.source))
    ])
    t.deepEqual([...codes].sort(), ['ERR_NOISE_AUTH', 'ERR_TRANSPORT_RESET'])
  })
}

test('psks and the hybrid pattern at once', async t => {
  const psks = [new Uint8Array(32).fill(1)]
  const postQuantum = { mode: 'offered', protocol: noiseProtocol('Noise_XXhfs+psk3_25519+MLKEM768_AESGCM_BLAKE2b', { kems: [mlKem768] }) } as const
  const protocol = noiseProtocol('Noise_XXpsk3_25519_AESGCM_BLAKE2b')
  const [near, far] = await channels({ protocol, both: { psks, postQuantum } })
  t.is(near.protocol, postQuantum.protocol.name)
  await Promise.all([near.close(), far.close()])
  const [classic, answer] = await channels({ protocol, both: { psks }, initiator: { postQuantum }, responder: { postQuantum: { ...postQuantum, mode: 'off' } } })
  t.is(classic.protocol, protocol.name)
  await Promise.all([classic.close(), answer.close()])
})

test('rekeyAfter a few messages, any traffic both ways, any chunks', async t => {
  const item = fc.oneof(fc.nat(300), fc.nat(9000), fc.integer({ min: 65_510, max: 65_530 }), fc.nat(200_000)).map(pattern)
  const traffic = fc.array(item, { maxLength: 8 })
  await fc.assert(fc.asyncProperty(traffic, traffic, fc.integer({ min: 1, max: 5 }), fc.nat(), fc.integer({ min: 1, max: 80_000 }), async (there, back, rekeyAfter, seed, max) => {
    // small chunks of much would be all that is tested
    const chunks = { seed, max: Math.max(max, join([...there, ...back]).byteLength >> 8) }
    const [near, far] = await channels({ both: { rekeyAfter }, memory: { chunks } })
    const [came, returned] = await Promise.all([collect(far.source), collect(near.source), near.sink(items(...there)), far.sink(items(...back))])
    t.is(Buffer.compare(came, join(there)), 0)
    t.is(Buffer.compare(returned, join(back)), 0)
  }), { numRuns: 40 })
})

/** Items that begin with 1 where a rekey follows them, else with 0; each is as long as its first messages can be, and one more or less. */
const marked = fc.array(fc.tuple(fc.boolean(), fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.constantFrom(65_518, 65_519, 65_520, 131_037, 131_038, 131_039))), { minLength: 1, maxLength: 6 })

test('rekey by hand, both ways at once, after any items at any chunks', async t => {
  await fc.assert(fc.asyncProperty(marked, marked, fc.nat(), fc.integer({ min: 1000, max: 70_000 }), async (there, back, seed, max) => {
    const pair = await channels({ both: { manualRekey: true }, memory: { chunks: { seed, max } } })
    const talk = async (end: 0 | 1, out: typeof there, expected: typeof there): Promise<void> => {
      const channel = pair[end]
      const write = channel.sink((async function * (): AsyncGenerator<Bytes> {
        for (const [rekeyed, length] of out) {
          yield new Uint8Array(length).fill(rekeyed ? 1 : 0)
          if (rekeyed) channel.rekey('send')
        }
      })())
      let at = 0
      let left = expected[0]?.[1] ?? 0
      for await (const bytes of channel.source) {
        // items that no rekey parts may share a message
        for (let taken = 0; taken < bytes.byteLength;) {
          const part = Math.min(left, bytes.byteLength - taken)
          const rekeyed = expected[at]?.[0] === true
          t.true(bytes.subarray(taken, taken + part).every(byte => byte === (rekeyed ? 1 : 0)))
          taken += part
          left -= part
          if (left > 0) continue
          if (rekeyed) {
            t.is(taken, bytes.byteLength)
            channel.rekey('receive')
          }
          left = expected[++at]?.[1] ?? 0
        }
      }
      t.is(at, expected.length)
      await write
    }
    await Promise.all([talk(0, there, back), talk(1, back, there)])
  }), { numRuns: 40 })
})

for (const early of [true, false]) {
  test(`rekey by hand one message too ${early ? 'early' : 'late'} fails`, async t => {
    const [near, far] = await channels({ both: { manualRekey: true } })
    const writing = codeOf(near.sink((async function * (): AsyncGenerator<Bytes> {
      yield pattern(5000)
      yield pattern(5001)
      near.rekey('send')
      yield pattern(5002)
      yield pattern(5003)
    })()))
    const came: number[] = []
    const code = await codeOf((async () => {
      for await (const { byteLength } of far.source) {
        came.push(byteLength)
        if (came.length === (early ? 1 : 3)) far.rekey('receive')
      }
    })())
    t.is(code, 'ERR_NOISE_AUTH')
    t.deepEqual(came, early ? [5000] : [5000, 5001])
    t.not(await writing, 'pending')
  })
}

/** Ends of a link whose keys have `left` nonces left, in the direction from the left one. */
function nearlySpent (left: bigint): [NoiseResult, NoiseResult] {
  const state = (spent: boolean): CipherState => {
    const cipher = new CipherState(CHACHAPOLY, new Uint8Array(32).fill(5))
    if (spent) cipher.setNonce(2n ** 64n - 1n - left)
    return cipher
  }
  const result = (role: NoiseResult['role']): NoiseResult => ({ role, oneWay: undefined, send: state(role === 'initiator'), receive: state(role === 'responder'), sendKey: new Uint8Array(32), receiveKey: new Uint8Array(32), handshakeHash: new Uint8Array(32), remoteStatic: undefined })
  return [result('initiator'), result('responder')]
}

for (let left = 0n; left < 4n; left++) {
  test(`a link whose key has ${left} nonces left sends so many messages, then fails`, async t => {
    const duplexes = memoryPair()
    const [one, two] = nearlySpent(left)
    const [near, far] = [link(duplexes[0], noiseLayer(one)), link(duplexes[1], noiseLayer(two))]
    const came: number[] = []
    const reading = codeOf((async () => { for await (const { byteLength } of far.source) came.push(byteLength) })())
    const written = codeOf(near.sink((async function * () {
      for (let index = 0; index < 6; index++) {
        yield pattern(140_000)
        // what was written has arrived before the next is
        while (came.reduce((sum, length) => sum + length, 0) < Math.min(140_000 * (index + 1), Number(left) * 65_519)) await new Promise(resolve => setImmediate(resolve))
      }
    })()))
    t.is(await written, 'ERR_NOISE_NONCES')
    t.is(await codeOf(near.closed), 'ERR_NOISE_NONCES')
    t.is(await reading, 'ERR_TRANSPORT_RESET')
    t.true(came.reduce((sum, length) => sum + length, 0) <= Number(left) * 65_519)
  })
}

test('a reader that stops: no more is held than the guide says', async t => {
  const [highWater, buffer, size] = [65_536, 65_536, 32_768]
  const [near, far] = await channels({ memory: { highWater, buffer } })
  const source = endless(size)
  const writing = codeOf(near.sink(source))
  const reader = far.source[Symbol.asyncIterator]()
  const { value } = await reader.next() as IteratorYieldResult<Uint8Array>
  for (let asked = -1, quiet = 0; quiet < 50; quiet = source.asked === asked ? quiet + 1 : 0) {
    asked = source.asked
    await new Promise(resolve => setImmediate(resolve))
  }
  // of the transport: under way, a chunk of that above the high water; of each end: see docs/back-pressure.md; and the item that is asked for
  const bound = highWater + 2 * buffer + 196_608 + 196_608 + size
  t.true(source.asked * size - value.byteLength <= bound, `${source.asked * size - value.byteLength} of ${bound}`)
  near.abort()
  await writing
})
