import test from 'ava'
import { NoiseHandshake, PostQuantumHandshake, type HandshakeKeys, type NoiseResult, type PostQuantumMode, type Role } from '../../lib/noise/index.js'
import { HushwireError } from '../../lib/stream/index.js'
import { ALICE, BOB, XX, XX_HYBRID } from './ends.js'

type Ends = Record<Role, PostQuantumHandshake<NoiseResult>>
type Change = (message: Uint8Array, index: number) => Uint8Array

const MODES: readonly PostQuantumMode[] = ['required', 'offered', 'off']

function end (role: Role, mode: PostQuantumMode, keys: Partial<HandshakeKeys> = {}): PostQuantumHandshake<NoiseResult> {
  return new PostQuantumHandshake({
    role, mode,
    prologue: Uint8Array.of(1, 2, 3),
    make: (hybrid, prologue) => new NoiseHandshake({ role, prologue, protocol: hybrid ? XX_HYBRID : XX, staticKey: role === 'initiator' ? ALICE : BOB, ...keys })
  })
}

function ends (initiator: PostQuantumMode, responder: PostQuantumMode): Ends {
  return { initiator: end('initiator', initiator), responder: end('responder', responder) }
}

/** Runs both ends against each other and tells how many messages it took. */
async function play ({ initiator, responder }: Ends, change: Change = message => message): Promise<number> {
  let index = 0
  for (; initiator.turn !== 'done' || responder.turn !== 'done'; index++) {
    const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator]
    await reader.read(change(await writer.write(), index))
  }
  return index
}

async function failure (run: Promise<unknown>): Promise<HushwireError> {
  return run.then(() => { throw new Error('it went well') }, (error: unknown) => {
    if (error instanceof HushwireError) return error
    throw error
  })
}

/** What comes of each pair of modes: the pattern and the messages, or the sentence of the failure. */
const PAIRS: Record<PostQuantumMode, Record<PostQuantumMode, [hybrid: boolean, messages: number] | RegExp>> = {
  required: { required: [true, 3], offered: [true, 3], off: /required here; the other side may have it off/ },
  offered: { required: [true, 5], offered: [true, 5], off: [false, 5] },
  off: { required: /required here; the other side may have it off/, offered: [false, 3], off: [false, 3] }
}

for (const initiator of MODES) {
  for (const responder of MODES) {
    const expected = PAIRS[initiator][responder]
    test(`${initiator} at the initiator, ${responder} at the responder`, async t => {
      const both = ends(initiator, responder)
      if (expected instanceof RegExp) {
        t.regex((await failure(play(both))).message, expected)
        return
      }
      t.deepEqual([both.initiator.hybrid, await play(both)], [initiator === 'offered' ? undefined : expected[0], expected[1]])
      t.deepEqual([both.initiator.hybrid, both.responder.hybrid], [expected[0], expected[0]])
      t.deepEqual(both.initiator.result().handshakeHash, both.responder.result().handshakeHash)
    })
  }
}

test('a first message that does not fit where it is off says so', async t => {
  const responder = end('responder', 'off')
  const first = (end('initiator', 'required').write() as Uint8Array).subarray(0, 20)
  t.regex((await failure((async () => responder.read(first))())).message, /off here; the other side may require it/)
  t.is((await failure((async () => responder.read(first))())).code, 'ERR_NOISE_DESTROYED')
})

for (const [title, at, value] of [['offer', 0, 0], ['offer', 0, 2], ['choice', 1, 2], ['choice', 1, 255]] as const) {
  test(`${title} ${value} is none`, async t => {
    const both = ends('offered', 'offered')
    t.is((await failure(play(both, (message, index) => index === at ? Uint8Array.of(value) : message))).code, 'ERR_NOISE_NEGOTIATION')
  })
}

for (const responder of MODES) {
  test(`a choice that was changed fails, ${responder} at the responder`, async t => {
    const both = ends('offered', responder)
    const error = await failure(play(both, (message, index) => index === 1 ? Uint8Array.of(1 - (message[0] as number)) : message))
    t.true(['ERR_NOISE_AUTH', 'ERR_NOISE_TRUNCATED'].includes(error.code), error.code)
  })
}

test('an offer that was taken away, and answered by somebody else, fails', async t => {
  const { initiator, responder } = ends('offered', 'offered')
  await initiator.write()
  await initiator.read(Uint8Array.of(0))
  await responder.read(await initiator.write())
  t.is((await failure((async () => initiator.read(await responder.write()))())).code, 'ERR_NOISE_AUTH')
})

test('an offer that was put before a beginning without one fails', async t => {
  const { initiator, responder } = ends('off', 'offered')
  await responder.read(Uint8Array.of(1))
  await responder.write()
  await t.throwsAsync(async () => responder.read(await initiator.write()), { code: 'ERR_NOISE_TRUNCATED' })
})

test('a message of no bytes, and an answer that is a Noise message', async t => {
  t.is((await failure((async () => end('responder', 'offered').read(new Uint8Array(0)))())).code, 'ERR_NOISE_TRUNCATED')
  const initiator = end('initiator', 'offered')
  await initiator.write()
  t.is((await failure((async () => initiator.read(new Uint8Array(96)))())).code, 'ERR_NOISE_NEGOTIATION')
})

test('calls out of turn end it', async t => {
  const calls: Array<(handshake: PostQuantumHandshake<NoiseResult>) => unknown> = [handshake => handshake.read(Uint8Array.of(1)), handshake => { handshake.result() }]
  t.is((await failure((async () => calls[0]?.(end('initiator', 'offered')))())).code, 'ERR_NOISE_TURN')
  t.is((await failure((async () => calls[1]?.(end('initiator', 'offered')))())).code, 'ERR_NOISE_TURN')
  t.is((await failure((async () => end('responder', 'off').write())())).code, 'ERR_NOISE_TURN')
  const initiator = end('initiator', 'required')
  initiator.destroy()
  t.is((await failure((async () => initiator.write())())).code, 'ERR_NOISE_DESTROYED')
  t.is((await failure((async () => { initiator.result() })())).code, 'ERR_NOISE_DESTROYED')
})

test('a mode or a role that there is not is refused', t => {
  t.throws(() => end('initiator', 'maybe' as never), { code: 'ERR_NOISE_OPTIONS' })
  t.throws(() => end('server' as never, 'off'), { code: 'ERR_NOISE_OPTIONS' })
})
