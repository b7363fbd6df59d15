import { uuidKey, type Uuid } from '../../bytes/index.js'
import { RELAY_CODES } from '../../nova/index.js'
import type { Member } from './member.js'

/** Who is connected: one member an identity. */
export class Members {
  readonly #members = new Map<string, Member>()

  get size (): number { return this.#members.size }

  of (id: Uuid): Member | undefined { return this.#members.get(uuidKey(id)) }

  /** @returns the member that had the place before; it has left */
  enter (member: Member): Member | undefined {
    const before = this.#members.get(member.key)
    if (before !== undefined) this.leave(before)
    this.#members.set(member.key, member)
    return before
  }

  /** Takes a member out, and tells those that it exchanged packets with. */
  leave (member: Member): void {
    if (member.gone) return
    member.leave()
    if (this.#members.get(member.key) === member) this.#members.delete(member.key)
    for (const key of member.correspondents) {
      this.#members.get(key)?.tell({ code: RELAY_CODES.targetGone, target: member.id, kind: 0n, text: 'the peer has left' })
    }
  }
}
