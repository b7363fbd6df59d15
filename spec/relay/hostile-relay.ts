import { equalUuid, isNilUuid, NIL_UUID, uuidKey } from '../../lib/bytes/index.js'
import { createIdentity, KIND, RELAY_CODES, stack, type Identity, type NovaLink, type RoutedHeader } from '../../lib/nova/index.js'
import { decodeRequestHead, encodeAnswer, encodeRefusal, operationOf, PREKEY_ID_BYTES, REQUEST_HEAD_BYTES } from '../../lib/relay/wire/index.js'
import { ignore, join } from '../../lib/stream/index.js'
import { memoryPair } from '../../lib/transport/memory.js'
import { greet, type Joined } from './support.js'

/** A packet as a relay holds it. */
export interface HeldPacket {
  readonly header: RoutedHeader
  readonly body: Uint8Array
}

/** What a relay of bad will does. */
export interface Malice {
  /** What is sent on instead of a packet; its target says where to. By default the packet itself. */
  forward?: (packet: HeldPacket) => readonly HeldPacket[]
}

/** A relay that holds whole packets and does with them what it likes. */
export class HostileRelay {
  readonly #identity = createIdentity()
  readonly #links = new Map<string, NovaLink>()
  malice: Malice = {}

  /** A client of it that believes it is an honest one. */
  async join (): Promise<Joined> {
    const [left, right] = memoryPair()
    const served = this.#serve(right)
    const client = await greet(left, this.#identity.publicKey)
    await served
    return client
  }

  async #serve (duplex: Parameters<typeof stack>[0]): Promise<void> {
    const link = await stack(duplex, { role: 'responder', identity: this.#identity, verify: () => true })
    this.#links.set(uuidKey(link.remote?.id ?? NIL_UUID), link)
    this.#read(link).catch(ignore)
  }

  async #read (link: NovaLink): Promise<void> {
    for await (const { header, source } of link.source) {
      const pieces: Uint8Array[] = []
      for await (const bytes of source) pieces.push(bytes.slice())
      const packet = { header: { ...header, target: header.target.slice(), source: header.source.slice() }, body: join(pieces) }
      if (isNilUuid(header.target)) this.#answer(link, packet)
      else for (const { header, body } of this.malice.forward?.(packet) ?? [packet]) void this.#links.get(uuidKey(header.target))?.send(header, body)
    }
  }

  /** Hello is granted; nobody is ever found. */
  #answer (link: NovaLink, { body }: HeldPacket): void {
    const { op, requestId } = decodeRequestHead(body.subarray(0, REQUEST_HEAD_BYTES))
    const answer = operationOf(op) === 'hello'
      ? encodeAnswer('hello', requestId, { prekeys: 0, lastResort: new Uint8Array(PREKEY_ID_BYTES), maxMail: 0n, maxOutstanding: 0, maxPrekeys: 0 })
      : encodeRefusal(op, requestId, RELAY_CODES.unknownTarget)
    void link.send({ target: NIL_UUID, source: NIL_UUID, kind: KIND.request }, answer)
  }
}

/** True for a message of an application, not a greeting. */
export function isMessage ({ header }: HeldPacket, from: Identity): boolean {
  return header.kind !== KIND.handshake && equalUuid(header.source, from.id)
}
