import { NIL_UUID, type Uuid } from '../../../bytes/index.js'
import { KIND, RELAY_CODES, RESET_ERRORS, type MessagePacket, type NovaLink } from '../../../nova/index.js'
import { asError, collect, deferred, HushwireError, ignore, letGo, streamError, type Bytes, type Deferred } from '../../../stream/index.js'
import { relayError } from '../../errors.js'
import { decodeAnswered, decodeAnswerHead, encodeRequest, MAX_REQUEST_BYTES, OPERATIONS, type Answered, type Asked, type OperationName } from '../../wire/index.js'
import { clientError, statusError } from '../errors.js'

/** The limits of requests and their defaults. */
export const REQUEST_LIMITS = {
  /** Milliseconds for an answer of the relay; of mail, also the longest that nothing of it can be sent. */
  requestTimeout: 10_000,
  /** Requests that may wait for their answers. */
  maxRequests: 256
} as const

/** One request that waits for its answer. */
interface Waiting {
  readonly op: number
  readonly answered: Deferred<Uint8Array>
}

/** The requests of one link to a relay: each is answered, refused, or fails with the link or by its timeout. */
export class Requests {
  readonly #link: NovaLink
  readonly #self: Uuid
  readonly #timeout: number
  readonly #maxRequests: number
  readonly #waiting = new Map<number, Waiting>()
  #next = 0

  constructor (link: NovaLink, self: Uuid, limits: Readonly<Record<keyof typeof REQUEST_LIMITS, number>>) {
    this.#link = link
    this.#self = self
    this.#timeout = limits.requestTimeout
    this.#maxRequests = limits.maxRequests
    link.closed.then(() => { this.#fail(streamError('ERR_CLOSED')) }, (error: unknown) => { this.#fail(asError(error)) })
  }

  /**
   * Asks the relay. The bytes of the answer are views on memory that is nobody else's.
   *
   * @param body - what follows the request to the end of its packet
   * @throws each of RELAY_ANSWER_ERRORS, ERR_RELAY_PROTOCOL, ERR_RELAY_REQUESTS, ERR_TIMEOUT, what `body` throws, and the link's
   *   cause (as rejections)
   */
  async ask<Name extends OperationName> (name: Name, asked: Asked<Name>, body?: AsyncIterable<Bytes>): Promise<Answered<Name>> {
    if (this.#waiting.size >= this.#maxRequests) throw clientError('ERR_RELAY_REQUESTS', `${this.#maxRequests}`)
    const requestId = this.#take()
    const request = encodeRequest(name, requestId, asked)
    const answered = deferred<Uint8Array>({ handled: true })
    const { promise, reject } = answered
    this.#waiting.set(requestId, { op: OPERATIONS[name].op, answered })
    const patience = new Patience(this.#timeout, () => { reject(streamError('ERR_TIMEOUT', `the relay's answer to ${name}`)) })
    try {
      const packet = body === undefined ? request : new Body(request, body, patience)
      // when the relay wants no more of it, that is known before its answer is here, which says why
      this.#link.send({ target: NIL_UUID, source: this.#self, kind: KIND.request }, packet).catch((error: unknown) => { if (!isStop(error)) reject(error) })
      return decoded(name, await promise.finally(() => { if (packet instanceof Body) packet.stop() }))
    } finally {
      patience.end()
      this.#waiting.delete(requestId)
    }
  }

  /** Takes an answer of the relay's. */
  receive (packet: MessagePacket): void {
    this.#read(packet).catch(ignore)
  }

  /** A number that no request which still waits has. */
  #take (): number {
    while (this.#waiting.has(this.#next)) this.#next = this.#next + 1 >>> 0
    const requestId = this.#next
    this.#next = requestId + 1 >>> 0
    return requestId
  }

  async #read ({ source }: MessagePacket): Promise<void> {
    const answer = await collect(source, MAX_REQUEST_BYTES)
    const head = answer === undefined ? undefined : headOf(answer)
    if (head === undefined) {
      // whose answer it would have been cannot be told
      this.#fail(relayError('ERR_RELAY_PROTOCOL'))
      return
    }
    // an answer that came too late is nobody's
    const waiting = this.#waiting.get(head.requestId)
    if (waiting === undefined) return
    if (waiting.op !== head.op) waiting.answered.reject(relayError('ERR_RELAY_PROTOCOL', 'an answer to something else'))
    else if (head.status !== RELAY_CODES.ok) waiting.answered.reject(statusError(head.status))
    else waiting.answered.resolve(head.body)
  }

  #fail (error: Error): void {
    for (const { answered } of this.#waiting.values()) answered.reject(error)
  }
}

function headOf (answer: Uint8Array): ReturnType<typeof decodeAnswerHead> | undefined {
  try {
    return decodeAnswerHead(answer)
  } catch {
    return undefined
  }
}

/** Whether a packet was stopped by its reader. What the sender has broken off itself, nobody waits for. */
function isStop (error: unknown): boolean {
  return error instanceof HushwireError && error.code in RESET_ERRORS
}

/** @throws ERR_RELAY_PROTOCOL */
function decoded<Name extends OperationName> (name: Name, body: Uint8Array): Answered<Name> {
  try {
    return decodeAnswered(name, body)
  } catch (error) {
    throw relayError('ERR_RELAY_PROTOCOL', undefined, error)
  }
}

/** Calls once when nothing has shown life for so long. */
class Patience {
  readonly #timeout: number
  readonly #over: () => void
  #timer: ReturnType<typeof setTimeout>

  constructor (timeout: number, over: () => void) {
    this.#timeout = timeout
    this.#over = over
    this.#timer = setTimeout(over, timeout)
  }

  /** Something has moved. */
  renew (): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(this.#over, this.#timeout)
  }

  end (): void { clearTimeout(this.#timer) }
}

/** A request with what follows it. Each piece that the link takes shows that the relay takes them. */
class Body implements AsyncIterableIterator<Bytes> {
  readonly #body: AsyncIterator<Bytes>
  readonly #patience: Patience
  #head: Uint8Array | undefined
  #stopped = false

  constructor (head: Uint8Array, body: AsyncIterable<Bytes>, patience: Patience) {
    this.#head = head
    this.#body = body[Symbol.asyncIterator]()
    this.#patience = patience
  }

  async next (): Promise<IteratorResult<Bytes>> {
    if (this.#stopped) throw streamError('ERR_ABORTED')
    this.#patience.renew()
    const head = this.#head
    this.#head = undefined
    if (head !== undefined) return { value: head, done: false }
    return this.#body.next()
  }

  return (): Promise<IteratorResult<Bytes>> {
    this.stop()
    return Promise.resolve({ value: undefined, done: true })
  }

  /** Nobody waits for the answer any more, or it is there: the rest is not sent. */
  stop (): void {
    if (this.#stopped) return
    this.#stopped = true
    letGo(this.#body)
  }

  [Symbol.asyncIterator] (): this { return this }
}
