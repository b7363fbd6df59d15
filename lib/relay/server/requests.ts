import { KIND, RELAY_CODES } from '../../nova/index.js'
import { asError, collect, ignore, leave } from '../../stream/index.js'
import { decodeAsked, decodeRequestHead, encodeAnswer, encodeRefusal, MAIL_HEAD_BYTES, MAX_REQUEST_BYTES, operationOf, readHead, REQUEST_HEAD_BYTES, type OperationName } from '../wire/index.js'
import { fromRelay } from './from-relay.js'
import type { Member } from './member.js'
import type { Operation, Operations, Reply } from './operations/index.js'
import { Refusal, statusOf } from './refusal.js'
import type { Service } from './service.js'
import { Body } from './watched.js'

/** An operation of whichever name, what it is asked and what it answers hidden. */
type Performed = (member: Member, body: AsyncIterable<Uint8Array>) => Promise<{ readonly answer: (requestId: number) => Uint8Array, readonly after: (() => void) | undefined }>

/** Reads requests, has them done, and answers each with one packet. */
export class Requests {
  readonly #service: Service
  readonly #performed: Readonly<Record<OperationName, Performed>>

  constructor (service: Service, operations: Operations) {
    this.#service = service
    const performed = <Name extends OperationName>(name: Name, operation: Operation<Name>): Performed => async (member, body) => {
      const reply = await perform(name, operation, member, body)
      return { answer: requestId => encodeAnswer(name, requestId, reply.answered), after: reply.after }
    }
    this.#performed = {
      hello: performed('hello', operations.hello),
      lookup: performed('lookup', operations.lookup),
      takePrekey: performed('takePrekey', operations.takePrekey),
      publish: performed('publish', operations.publish),
      mail: performed('mail', operations.mail),
      receive: performed('receive', operations.receive),
      taken: performed('taken', operations.taken),
      watch: performed('watch', operations.watch)
    }
  }

  /**
   * Answers one request.
   *
   * @param refused - a status with which it is refused, whatever it is
   * @returns false when it is too short to be one
   * @throws what the source throws: nothing is answered then (as rejections)
   */
  async answer (member: Member, source: AsyncIterable<Uint8Array>, refused: number | undefined): Promise<boolean> {
    const body = new Body(source)
    const headed = await readHead(body, REQUEST_HEAD_BYTES)
    if (headed === undefined) return false
    const { op, requestId } = decodeRequestHead(headed.head)
    const operation = operationOf(op)
    let code: number = RELAY_CODES.ok
    let cause: Error | undefined
    let after: (() => void) | undefined
    let answer: Uint8Array
    try {
      const done = await this.#perform(member, operation, headed.rest, refused)
      answer = done.answer(requestId)
      after = done.after
    } catch (error) {
      // who has broken off asks for nothing any more
      if (body.broken !== undefined) throw error
      code = statusOf(error)
      cause = error instanceof Refusal ? undefined : asError(error)
      answer = encodeRefusal(op, requestId, code)
    } finally {
      leave(headed.rest)
    }
    this.#service.report({ type: 'answered', id: member.id, operation, code, error: cause })
    const sent = member.link.send(fromRelay(KIND.request), answer).catch(ignore)
    after?.()
    await sent
    return true
  }

  async #perform (member: Member, operation: OperationName | undefined, body: AsyncIterable<Uint8Array>, refused: number | undefined): ReturnType<Performed> {
    if (refused !== undefined) throw new Refusal(refused)
    if (operation === undefined) throw new Refusal(RELAY_CODES.malformed)
    if (this.#service.draining) throw new Refusal(RELAY_CODES.shutdown)
    if (operation === 'hello') return this.#greet(member, body)
    // what is sent behind the hello need not wait for its answer
    await member.greeting?.catch(ignore)
    if (!member.registered) throw new Refusal(RELAY_CODES.notRegistered)
    return this.#performed[operation](member, body)
  }

  /** One hello of a connection after the other. */
  #greet (member: Member, body: AsyncIterable<Uint8Array>): ReturnType<Performed> {
    const before = member.greeting ?? Promise.resolve()
    const greeting = before.then(() => this.#performed.hello(member, body), () => this.#performed.hello(member, body))
    member.greeting = greeting
    const done = (): void => { if (member.greeting === greeting) member.greeting = undefined }
    greeting.then(done, done)
    return greeting
  }
}

async function perform<Name extends OperationName> (name: Name, operation: Operation<Name>, member: Member, body: AsyncIterable<Uint8Array>): Promise<Reply<Name>> {
  if (name === 'mail') {
    const headed = await readHead(body, MAIL_HEAD_BYTES)
    if (headed === undefined) throw new Refusal(RELAY_CODES.malformed)
    return operation(member, decodeAsked(name, headed.head), headed.rest)
  }
  const asked = await collect(body, MAX_REQUEST_BYTES)
  if (asked === undefined) throw new Refusal(RELAY_CODES.malformed)
  return operation(member, decodeAsked(name, asked), body)
}
