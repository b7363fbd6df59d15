import { NIL_UUID } from '../../../lib/bytes/index.js'
import { decodeLookupAnswer, decodeLookupRequest, decodeRelayError, encodeLookupAnswer, encodeLookupRequest, encodeRelayError, identityFromSeed, KIND, stack, type Identity, type NovaLink } from '../../../lib/nova/index.js'
import { relayClient, type RelayClient } from '../../../lib/relay/index.js'
import { collect } from '../../../lib/stream/index.js'
import { memoryPair } from '../../../lib/transport/memory.js'
import { holds, same, type Target } from '../target.js'

const MESSAGES = [
  (bytes: Uint8Array) => encodeRelayError(decodeRelayError(bytes)),
  (bytes: Uint8Array) => encodeLookupRequest(decodeLookupRequest(bytes)),
  (bytes: Uint8Array) => encodeLookupAnswer(decodeLookupAnswer(bytes))
] as const

/** What a relay and its clients say to each other: errors, lookups, answers. */
export const messages: Target = {
  name: 'relay.messages',
  valid: random => {
    const requestId = random.nat(2 ** 32 - 1)
    const body = random.pick([
      () => [0, ...encodeRelayError({ code: random.nat(9), target: random.bytes(16), kind: BigInt(random.nat(2 ** 32)), text: random.pick(['', 'gone', 'ü'.repeat(random.nat(600))]) })],
      () => [1, ...encodeLookupRequest({ requestId, id: random.bytes(16) })],
      () => [2, ...encodeLookupAnswer({ requestId, found: random.bool(), staticKey: random.bytes(32), proof: random.bytes(96) })]
    ])
    return Uint8Array.from(body())
  },
  decode: input => {
    const { chosen, rest } = input.choice(MESSAGES.length)
    same('written again', (MESSAGES[chosen] as (bytes: Uint8Array) => Uint8Array)(rest), rest)
  },
  codes: ['ERR_SHORT_INPUT', 'ERR_TRAILING_BYTES', 'ERR_UTF8', 'ERR_BOOL'],
  first: ['ERR_SHORT_INPUT', 'ERR_TRAILING_BYTES'],
  edges: [16, 32, 96, 1024],
  largest: bytes => 2 * bytes + 512
}

const [CLIENT, RELAY, FRIEND] = [71, 72, 73].map(number => identityFromSeed(new Uint8Array(32).fill(number))) as [Identity, Identity, Identity]

/** A client with a relay that answers what it is told to. */
class Answering {
  static #ready: Promise<Answering> | undefined
  readonly client: RelayClient
  /** What is answered to the next question; the number of the question is put in its place where there is room. */
  answer: Uint8Array = new Uint8Array(0)

  private constructor (client: RelayClient) {
    this.client = client
  }

  /** Made once: every input is one more answer on the same link. */
  static ready (): Promise<Answering> {
    this.#ready ??= this.#begin()
    return this.#ready
  }

  static async #begin (): Promise<Answering> {
    const [a, b] = memoryPair()
    const serving = stack(b, { role: 'responder', identity: RELAY, verify: () => true })
    const told: { by?: Answering } = {}
    const answers = serving.then(link => serve(link, () => told.by?.answer))
    answers.catch(() => {})
    const client = await relayClient(a, { identity: CLIENT, verify: () => true, verifyPeer: () => true })
    told.by = new Answering(client)
    return told.by
  }
}

/** Answers every question with the bytes that are told, then with none: that fails the question if it still waits. */
async function serve (link: NovaLink, told: () => Uint8Array | undefined): Promise<void> {
  const header = { target: NIL_UUID, source: NIL_UUID, kind: KIND.lookup }
  for await (const packet of link.source) {
    const { requestId } = decodeLookupRequest(await collect(packet.source, 1000) as Uint8Array)
    const answer = told() ?? encodeLookupAnswer({ requestId, found: true, staticKey: CLIENT.staticKey.publicKey, proof: CLIENT.proof })
    const bytes = new Uint8Array(answer)
    // the last bit of the first byte says that the answer is to another question
    if (bytes.byteLength >= 4 && (bytes[0] as number) % 2 === 0) new DataView(bytes.buffer).setUint32(0, requestId)
    await link.send(header, bytes)
    await link.send(header, new Uint8Array(0))
  }
}

/** Answers to lookups, as a client that asked takes them. */
export const lookups: Target = {
  name: 'relay.lookup',
  backends: true,
  valid: async random => {
    await Answering.ready()
    const { staticKey, proof } = random.pick([CLIENT, FRIEND, FRIEND, FRIEND])
    return encodeLookupAnswer({ requestId: 0, found: random.nat(9) > 0, staticKey: staticKey.publicKey, proof })
  },
  decode: async input => {
    const answering = await Answering.ready()
    answering.answer = input.bytes
    const peer = await answering.client.lookup(FRIEND.id)
    if (peer !== undefined) {
      holds('a proof for the id that was asked for', Buffer.compare(peer.id, FRIEND.id) === 0)
      same('the proof', peer.proof, FRIEND.proof)
    }
  },
  codes: ['ERR_RELAY_PROTOCOL', 'ERR_RELAY_PROOF'],
  first: ['ERR_RELAY_PROTOCOL'],
  edges: [1, 32, 96],
  largest: bytes => 65_536 + 4 * bytes,
  total: bytes => 1_048_576 + 64 * bytes
}
