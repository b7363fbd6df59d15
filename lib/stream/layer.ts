import type { Uint8ArrayList } from 'uint8arraylist'

/** A value, or the promise of one where only some backends need to wait. */
export type MaybePromise<T> = T | Promise<T>

/** Bytes in one piece, or as a list of pieces that are written one after another without being joined. */
export type Bytes = Uint8Array | Uint8ArrayList

/** A one-way transform, as it-pipe composes them. */
export type Transform<A, B> = (source: AsyncIterable<A>) => AsyncIterable<B>

/**
 * Two directions of one connection.
 *
 * What `source` yields belongs to the consumer until its next `next()`; what a sink has taken must not be needed
 * by it any more once it asks for the next item. A `sink` resolves when everything was handed on and this
 * direction has ended (half-close), and rejects with the cause when it could not be.
 */
export interface Duplex<In = Uint8Array, Out = Bytes> {
  /** One consumer. Ends when the other side has ended its direction; throws when the connection failed. */
  readonly source: AsyncIterable<In>
  /** Takes one source; its end is a half-close, and when it throws the connection is aborted. */
  sink(source: AsyncIterable<Out>): Promise<void>
  /**
   * Ends the own direction when what is under way has been written, waits for the other side's end for at most
   * the transport's `closeTimeout`, then lets go of the connection. Never rejects.
   */
  close(): Promise<void>
  /** Lets go of the connection at once; both directions throw `reason`, the other side sees a reset. */
  abort(reason: Error): void
}

/**
 * A layer: lower units in, upper units out, and the way back. Each half is a plain transform, so that a
 * direction can be composed alone with `pipe()`.
 */
export interface Layer<LowerIn, UpperIn, UpperOut = UpperIn, LowerOut = LowerIn> {
  readonly inbound: Transform<LowerIn, UpperIn>
  readonly outbound: Transform<UpperOut, LowerOut>
  /** Wakes whatever the layer itself waits for (a late key, say) and makes it throw `reason`. */
  abort?(reason: Error): void
  /** Wipes what is secret. A link with an endpoint calls it once it is gone; of one without, what has come may be read after that. */
  destroy?(): void
}

/** The top of a link: where one layer owns the state of both directions. It runs the only read loop. */
export interface Endpoint<In, Out, Face> {
  /** What the application gets. */
  readonly face: Face
  /** Reads until the other side has ended; rejects when what came is wrong. */
  run(source: AsyncIterable<In>): Promise<void>
  /** What is to be sent; ends when the endpoint has closed its direction. */
  readonly outbound: AsyncIterable<Out>
  /** Called at most once, by the link, with the first cause: everything that waits must settle with it. */
  fail(cause: Error): void
}
