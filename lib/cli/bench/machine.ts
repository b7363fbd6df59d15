import { pingAnswers, PING_KIND } from '../../chat/index.js'
import { crypto } from '../../crypto/index.js'
import { createIdentity, stack, type Identity } from '../../nova/index.js'
import { connect, type Client, type PeerStream } from '../../relay/index.js'
import { startRelay } from '../../relay/server/index.js'
import { memoryPair } from '../../transport/memory.js'
import { tuneCollector } from '../collector.js'
import { Echo } from '../ping/echo.js'
import { chunksFor, perSecond, type Measurement } from './measurement.js'

const FRAME = 65_536
const CHUNK = 262_144
const KIND = 1n

/** How often a second something can be done. */
type Rate = (work: () => unknown) => Promise<number>

/** What this machine can do: the cipher alone, handshakes, and two clients through a relay, all in this process. @throws the signal's reason (as rejections) */
export async function * measureMachine (seconds: number, signal: AbortSignal): AsyncGenerator<Measurement> {
  const rate = (work: () => unknown): Promise<number> => perSecond(seconds, work, signal)
  tuneCollector()
  yield { name: 'cipher', text: 'AES-256-GCM, frames of 64 KiB', value: await cipher(rate), unit: 'MB/s' }
  yield { name: 'handshakes', text: 'handshakes with a relay, both sides', value: await handshakes(rate), unit: '/s' }
  const relayKey = createIdentity()
  const relay = await startRelay({ identity: relayKey, tcp: { port: 0 } })
  const url = `tcp://127.0.0.1:${relay.tcp?.port}`
  const open = (identity: Identity): Promise<Client> => connect({ url, relay: relayKey.publicKey, identity, accept: 'anyone' })
  const [alice, bob] = [createIdentity(), createIdentity()]
  const [sender, receiver] = [await open(alice), await open(bob)]
  try {
    await sender.contacts.trust(bob.publicKey)
    const taking = take(receiver)
    yield { name: 'roundTrip', text: 'through the relay and back, 8 bytes', value: await roundTrip(sender, bob.id, rate), unit: 'ms' }
    yield { name: 'stream', text: 'a stream through the relay, end to end', value: await bulk(sender, bob.id, seconds, signal), unit: 'MB/s' }
    yield { name: 'mail', text: 'messages stored at the relay, 256 bytes', value: await rate(() => sender.peer(bob.id).send(KIND, new Uint8Array(256))), unit: '/s' }
    await Promise.all([sender.close(), receiver.close(), taking])
  } finally {
    await Promise.all([sender.close(), receiver.close()])
    await relay.close()
    for (const identity of [relayKey, alice, bob]) identity.destroy()
  }
}

async function cipher (rate: Rate): Promise<number> {
  const aead = crypto.aesGcm(crypto.randomBytes(32))
  const [nonce, additional, frame] = [new Uint8Array(12), new Uint8Array(18), [new Uint8Array(FRAME)]]
  try {
    // many at a time: between two of them nothing is waited for
    const many = 256
    return await rate(() => { for (let count = 0; count < many; count++) aead.seal(nonce, additional, frame) }) * many * FRAME / 1e6
  } finally {
    aead.destroy()
  }
}

async function handshakes (rate: Rate): Promise<number> {
  const [one, two] = [createIdentity(), createIdentity()]
  try {
    return await rate(async () => {
      const [left, right] = memoryPair()
      const links = await Promise.all([stack(left, { role: 'initiator', identity: one, verify: () => true }), stack(right, { role: 'responder', identity: two, verify: () => true })])
      await Promise.all(links.map(link => link.close()))
    })
  } finally {
    one.destroy()
    two.destroy()
  }
}

async function roundTrip (client: Client, id: Uint8Array, rate: Rate): Promise<number> {
  const echo = new Echo(await client.peer(id).open(PING_KIND))
  const rounds = await rate(() => echo.round(10_000))
  await echo.close()
  return 1000 / rounds
}

async function bulk (client: Client, id: Uint8Array, seconds: number, signal: AbortSignal): Promise<number> {
  const stream = await client.peer(id).open(KIND, { level: 0 })
  let bytes = 0
  const from = performance.now()
  await stream.sink((async function * () {
    for await (const chunk of chunksFor(seconds, crypto.randomBytes(CHUNK), signal)) {
      bytes += chunk.byteLength
      yield chunk
    }
  })())
  // its end has come when everything before it has
  await stream.close()
  signal.throwIfAborted()
  return bytes / (performance.now() - from) / 1000
}

/** Answers pings and reads every other stream to its end. */
async function take (client: Client): Promise<void> {
  const ping = pingAnswers()
  for await (const stream of client.streams) {
    if (stream.kind === PING_KIND) ping(stream)
    else void drain(stream.accept())
  }
}

/** Reads it to its end, and ends it. */
async function drain (stream: PeerStream): Promise<void> {
  while ((await stream.source[Symbol.asyncIterator]().next()).done !== true) continue
  await stream.close()
}
