/**
 * What every layer stands on: duplexes and layers, the link that owns teardown, bounded queues, exact reads,
 * the driver of handshakes, and the one error class.
 *
 * @module stream
 */
export { pipe } from 'it-pipe'
export type { Bytes, Duplex, Endpoint, Layer, MaybePromise, Transform } from './layer.js'
export { link, type LinkControl, type LinkedDuplex } from './link.js'
export { Channel, type ChannelOptions } from './channel.js'
export { Reader } from './reader.js'
export { ByteQueue } from './byte-queue.js'
export { join, lengthOf, plain, unshared, whole } from './pieces.js'
export { collect } from './collect.js'
export { performHandshake, type Handshake, type HandshakeFraming, type HandshakeOptions } from './handshake.js'
export { checkBytes, checkDuplex, checkExpected, checkOptionsObject, checkSignal, FUNCTION, having, isObject, isSource, notASource, OBJECT, oneOf, type Expected } from './check.js'
export { delayOf, limitsOf, type LimitsOf } from './limits.js'
export { sequence } from './sequence.js'
export { iterable } from './iterating.js'
export { owning } from './owning.js'
export { each } from './each.js'
export { PolledIterator, polling, type Pollable } from './polling.js'
export { stepwise, type Step } from './stepwise.js'
export { leave, letGo } from './leaving.js'
export { abortable, abortOn, abortReason } from './abort.js'
export { deadline, type Deadline } from './deadline.js'
export { pause } from './pause.js'
export { deferred, ignore, type Deferred } from './deferred.js'
export { Outcome } from './outcome.js'
export { SparseMap, SparseSet } from './sparse.js'
export { nextTurn } from './turn.js'
export { once } from './once.js'
export { asError, codeOf, errorsOf, HushwireError, STREAM_ERRORS, streamError, type ErrorEntry, type ErrorOrigin, type ErrorTable } from './errors.js'
