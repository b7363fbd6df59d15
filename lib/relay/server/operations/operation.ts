import type { Answered, Asked, OperationName } from '../../wire/index.js'
import type { Member } from '../member.js'

/** What an operation comes to. */
export interface Reply<Name extends OperationName> {
  readonly answered: Answered<Name>
  /** Done once the answer is on its way, so that what it lets loose comes after it. */
  readonly after?: (() => void) | undefined
}

/**
 * Does what one request asks for.
 *
 * @param body - what follows: of `mail` alone, it has anything
 * @throws a {@link Refusal}, or what directory and mailbox do, see `statusOf` (as rejections)
 */
export type Operation<Name extends OperationName> = (member: Member, asked: Asked<Name>, body: AsyncIterable<Uint8Array>) => Promise<Reply<Name>>
