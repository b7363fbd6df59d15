import { NIL_UUID } from '../../../lib/bytes/index.js'
import { createIdentity, KIND, stack, type NovaLink } from '../../../lib/nova/index.js'
import { decodeAsked, decodeRequestHead, encodeAnswer, encodeDeliveryHead, encodeRefusal, MAIL_HEAD_BYTES, operationOf, REQUEST_HEAD_BYTES, type Answered, type Asked, type DeliveryHead, type OperationName } from '../../../lib/relay/wire/index.js'
import { Channel, ignore, join, type Duplex } from '../../../lib/stream/index.js'
import { memoryPair } from '../../../lib/transport/memory.js'
import { collect } from '../../support/sources.js'

/** A request as the relay has read it. */
export interface AskedFor<Name extends OperationName = OperationName> {
  readonly name: Name
  readonly requestId: number
  readonly asked: Asked<Name>
  /** What follows it: the body of mail. */
  readonly body: Uint8Array
  readonly link: NovaLink
}

/** What a relay of this kind answers: what is asked for, a status, bytes as they are, or nothing. */
export type Answers = { [Name in OperationName]?: (request: AskedFor<Name>) => Answered<Name> | number | Uint8Array | undefined }

const HELLO: Answered<'hello'> = { prekeys: 0, lastResort: new Uint8Array(8), maxMail: 1n << 30n, maxOutstanding: 16, maxPrekeys: 100 }

/** A relay that answers as a test wants it to. */
export class FakeRelay {
  readonly identity = createIdentity()
  readonly requests = new Channel<AskedFor>({ maxItems: Infinity, sizeOf: () => 0 })
  readonly links: NovaLink[] = []
  answers: Answers

  constructor (answers: Answers = {}) {
    this.answers = answers
  }

  readonly dial = async (): Promise<Duplex> => {
    const [left, right] = memoryPair()
    this.#serve(right).catch(ignore)
    return left
  }

  /** The link of the latest connection. */
  get link (): NovaLink { return this.links.at(-1) as NovaLink }

  /** Sends a packet of the relay's own. */
  async push (kind: bigint, body: Uint8Array): Promise<void> {
    await this.link.send({ target: NIL_UUID, source: NIL_UUID, kind }, body)
  }

  async deliver (head: DeliveryHead, body: Uint8Array): Promise<void> {
    await this.push(KIND.delivery, join([encodeDeliveryHead(head), body]))
  }

  async #serve (duplex: Duplex): Promise<void> {
    const link = await stack(duplex, { role: 'responder', identity: this.identity, verify: () => true })
    this.links.push(link)
    for await (const { source } of link.source) this.#answer(link, source).catch(ignore)
  }

  async #answer (link: NovaLink, source: AsyncIterable<Uint8Array>): Promise<void> {
    const bytes = await collect(source)
    const { op, requestId } = decodeRequestHead(bytes.subarray(0, REQUEST_HEAD_BYTES))
    const name = operationOf(op) as OperationName
    const rest = bytes.subarray(REQUEST_HEAD_BYTES)
    const length = name === 'mail' ? MAIL_HEAD_BYTES : rest.byteLength
    const request: AskedFor = { name, requestId, asked: decodeAsked(name, rest.subarray(0, length)), body: rest.subarray(length), link }
    void this.requests.push(request)
    const answer = this.answers[name] as ((request: AskedFor) => unknown) | undefined
    const answered = answer === undefined ? usual(name) : answer(request)
    if (answered === undefined) return
    const packet = answered instanceof Uint8Array ? answered : typeof answered === 'number' ? encodeRefusal(op, requestId, answered) : encodeAnswer(name, requestId, answered as never)
    await link.send({ target: NIL_UUID, source: NIL_UUID, kind: KIND.request }, packet)
  }
}

function usual (name: OperationName): unknown {
  if (name === 'hello') return HELLO
  if (name === 'publish') return { prekeys: 100 }
  if (name === 'watch') return { online: [] }
  return name === 'receive' || name === 'taken' ? {} : 5
}
