/** What the sender tells its endpoint, and asks it. */
export interface SenderEvents {
  /** The link must go because a packet cannot be ended truthfully. */
  abort(error: Error): void
  /** Everything was handed to the wire, the end of this direction as well. */
  sent(): void
  /** A packet is over. */
  over(): void
  /** False while the other side still needs to hear from us: credit for what it has begun. */
  mayEnd(): boolean
}
