import { equalUuid, toHex, type Uuid } from '../bytes/index.js'
import { RESET_CODES, resetError } from '../nova/index.js'
import type { Client, IncomingStream } from '../relay/index.js'
import { abortReason, asError, checkExpected, checkSignal, FUNCTION, having, ignore, limitsOf, OBJECT, type Expected } from '../stream/index.js'
import type { Destination, Transfer } from './destination.js'
import { filesError } from './errors.js'
import { FILES_LIMITS, type CheckedFilesLimits } from './limits.js'
import { isInterruption } from './interruption.js'
import { decodeManifest, transferId } from './manifest.js'
import type { Received, ReceiverOptions } from './received.js'
import { offeredManifest } from './receiving.js'
import { refusal } from './incoming.js'
import { Reception, type Remembered } from './reception.js'
import { RecordReader, SENDERS } from './records.js'
import { Pauses } from './pauses.js'
import { Wire } from './wire.js'

/** One of the transfers that may be under way. */
interface Held {
  readonly peer: string
  given: boolean
}

const OPTIONS: Readonly<Record<string, Expected>> = { accept: FUNCTION, limits: OBJECT, onBegin: FUNCTION, onProgress: FUNCTION }

/**
 * Receives files. Each stream of kind `FILES_KIND` is given to `take`.
 *
 * @example
 * ```ts
 * import type { Client } from 'hushwire/relay'
 * import { FileReceiver, FILES_KIND, type Destination } from 'hushwire/files'
 *
 * async function receive (client: Client, folder: Destination) {
 *   const receiver = new FileReceiver(client, folder, { accept: ({ manifest }) => manifest.bytes < 1e9 })
 *   for await (const stream of client.streams) {
 *     if (stream.kind === FILES_KIND) receiver.take(stream).then(received => { console.log(received.type) }, console.error)
 *     else stream.refuse()
 *   }
 * }
 * ```
 */
export class FileReceiver {
  readonly #ownId: Uuid
  readonly #destination: Destination
  readonly #options: ReceiverOptions
  readonly #limits: CheckedFilesLimits
  /** By the id of each, the one that was used last at the end. */
  readonly #remembered = new Map<string, Remembered>()
  readonly #byPeer = new Map<string, number>()
  /** Streams with a place, the oldest first; and those of them that have offered nothing yet. */
  readonly #holding = new Map<Wire, Held>()
  readonly #waiting = new Set<Wire>()
  readonly #pauses: Pauses
  #running = 0
  /** True when nothing is taken any more but what is remembered. */
  #closed = false

  /**
   * @param client - whose streams are given to `take`
   * @throws ERR_ARGUMENT, ERR_LIMIT_OPTION
   */
  constructor (client: Pick<Client, 'id'>, destination: Destination, options: ReceiverOptions) {
    checkExpected(options, OPTIONS, ['accept'])
    checkSignal(options.signal)
    checkExpected({ destination }, { destination: having('open') }, ['destination'])
    this.#ownId = client.id
    this.#destination = destination
    this.#options = options
    this.#limits = limitsOf(FILES_LIMITS, options.limits)
    this.#pauses = new Pauses(this.#limits)
  }

  /**
   * Takes a stream, and with it a transfer, or the rest of one whose stream was lost. Resolves when the stream is over, never rejects; what `accept`
   * or another callback throws fails the transfer.
   */
  async take (stream: IncomingStream): Promise<Received> {
    const peer = toHex(stream.peer.id)
    const ofPeer = this.#byPeer.get(peer) ?? 0
    if (this.#options.signal?.aborted === true) return refused(stream, abortReason(this.#options.signal), RESET_CODES.cancelled)
    // before what is offered is read, which costs more than to send it
    if (this.#pauses.holds(peer) && !this.#knows(stream.peer.id)) return refused(stream, filesError('ERR_FILES_BUSY'), RESET_CODES.limit)
    const room = this.#running < this.#limits.maxTransfers || ofPeer === 0 && this.#makeRoom()
    if (!room || ofPeer >= this.#limits.maxPeerTransfers) return refused(stream, filesError('ERR_FILES_BUSY'), RESET_CODES.limit)
    const held: Held = { peer, given: false }
    this.#running++
    this.#byPeer.set(peer, ofPeer + 1)
    try {
      return await this.#accepted(stream, held)
    } finally {
      this.#giveBack(held)
    }
  }

  /** Stops all that is under way but one transfer, which may come again, and takes nothing else from now on. What has come is kept. */
  keepOnly (transfer: Pick<Transfer, 'id'>): void {
    this.#closed = true
    for (const other of [...this.#remembered.values()]) {
      if (other.transfer.id === transfer.id) continue
      other.current?.wire.fail(filesError('ERR_FILES_BUSY'), resetError(RESET_CODES.cancelled))
      this.#forget(other, { counts: false })
    }
  }

  /** Once: what loses its place is over later. */
  #giveBack (held: Held): void {
    if (held.given) return
    held.given = true
    this.#running--
    const left = (this.#byPeer.get(held.peer) ?? 1) - 1
    if (left > 0) this.#byPeer.set(held.peer, left)
    else this.#byPeer.delete(held.peer)
  }

  /**
   * For who has no place yet: a few who open streams and say nothing are not to keep out all others, before an offer or behind a yes. Who has most
   * places loses one first, and nobody loses its only one.
   */
  #makeRoom (): boolean {
    const placesOf = ({ peer }: Held): number => this.#byPeer.get(peer) ?? 0
    const idle = [...this.#holding].filter(([wire, held]) => placesOf(held) > 1 && (this.#waiting.has(wire) || wire.silence > this.#limits.idleTimeout))
    const [found] = idle.sort(([, one], [, other]) => placesOf(other) - placesOf(one))
    if (found === undefined) return false
    const [wire, held] = found
    this.#holding.delete(wire)
    // at once: another one may come before this stream is over
    this.#giveBack(held)
    wire.fail(resetError(RESET_CODES.limit))
    return true
  }

  async #accepted (incoming: IncomingStream, held: Held): Promise<Received> {
    let wire: Wire
    try {
      wire = new Wire(incoming.accept(), { reader: new RecordReader(SENDERS, 1 + this.#limits.maxManifestBytes), idleTimeout: this.#limits.idleTimeout })
    } catch (error) {
      return { type: 'interrupted', transfer: undefined, error: asError(error) }
    }
    const { signal } = this.#options
    const stop = (): void => { wire.fail(abortReason(signal as AbortSignal), resetError(RESET_CODES.cancelled)) }
    signal?.addEventListener('abort', stop, { once: true })
    this.#holding.set(wire, held)
    try {
      return await this.#offered(wire, incoming)
    } finally {
      this.#holding.delete(wire)
      signal?.removeEventListener('abort', stop)
    }
  }

  /** Reads what is offered, and takes it. */
  async #offered (wire: Wire, { peer }: IncomingStream): Promise<Received> {
    let transfer: Transfer
    // with a byte now and then a stream would hold a place for ever
    this.#waiting.add(wire)
    const late = setTimeout(() => { wire.fail(resetError(RESET_CODES.stalled)) }, this.#limits.offerTimeout)
    try {
      const bytes = offeredManifest(await wire.next())
      const id = toHex(transferId(peer.id, this.#ownId, bytes))
      const known = this.#remembered.get(id)
      // before the manifest is looked at, which costs more than to send it
      if (known === undefined && (this.#closed || !this.#mayAsk(peer.id))) return busy(wire)
      transfer = known?.transfer ?? { id, from: peer, manifest: decodeManifest(bytes, this.#limits, this.#options.names) }
    } catch (error) {
      if (!isInterruption(error)) this.#pauses.begin(toHex(peer.id))
      await wire.refuse(refusal(asError(error)))
      return { type: isInterruption(error) ? 'interrupted' : 'failed', transfer: undefined, error: asError(error) }
    } finally {
      clearTimeout(late)
      this.#waiting.delete(wire)
    }
    const remembered = this.#recall(transfer)
    const received = await new Reception(wire, remembered, this.#destination, this.#options).run()
    // what is over is asked about anew when it comes again
    const over = received.type === 'failed' || received.type === 'done' && received.confirmed
    if (over || remembered.late) this.#forget(remembered, { counts: true })
    this.#withdraw(peer.id)
    return received
  }

  /** Whether a transfer of a peer is remembered. */
  #knows (peer: Uuid): boolean {
    return [...this.#remembered.values()].some(({ transfer }) => equalUuid(transfer.from.id, peer))
  }

  /** Whether a new question about files of a peer may be asked. */
  #mayAsk (peer: Uuid): boolean {
    if (this.#pauses.holds(toHex(peer))) return false
    const open = [...this.#remembered.values()].filter(({ current, decided, transfer }) => current !== undefined && !decided && equalUuid(transfer.from.id, peer))
    return open.length < this.#limits.maxPeerQuestions
  }

  #recall (transfer: Transfer): Remembered {
    const remembered = this.#remembered.get(transfer.id) ?? this.#ask(transfer)
    this.#remembered.delete(transfer.id)
    this.#remembered.set(transfer.id, remembered)
    // never one that is under way: there are fewer of these
    for (const other of this.#remembered.values()) {
      if (this.#remembered.size <= this.#limits.maxRemembered + this.#limits.maxTransfers) break
      if (other.current === undefined) this.#forget(other, { counts: false })
    }
    return remembered
  }

  #ask (transfer: Transfer): Remembered {
    const asking = new AbortController()
    const decision = (async () => await this.#options.accept(transfer, asking.signal))()
    const remembered: Remembered = { transfer, asking, until: performance.now() + this.#limits.questionTimeout, decision, decided: false, late: false, known: undefined, current: undefined }
    decision.catch(() => false).then(yes => {
      remembered.decided = true
      // what is said to a question that was taken back is no answer
      if (!asking.signal.aborted) this.#answered(transfer, yes)
    }).catch(ignore)
    return remembered
  }

  /** @param yes - false also when nobody has said anything, until it was too late or the sender had gone */
  #answered ({ from }: Transfer, yes: boolean): void {
    if (yes) this.#pauses.end(toHex(from.id))
    else this.#pauses.begin(toHex(from.id))
  }

  /** Questions whose stream is gone, of the peer and of all: they hold a manifest each, and are not to be more than what may be under way. */
  #withdraw (peer: Uuid): void {
    const open = [...this.#remembered.values()].filter(({ current, decided }) => current === undefined && !decided)
    const ofPeer = open.filter(({ transfer }) => equalUuid(transfer.from.id, peer))
    for (const one of ofPeer.slice(0, Math.max(0, ofPeer.length - this.#limits.maxPeerQuestions))) this.#forget(one, { counts: true })
    for (const one of open.filter(({ asking }) => !asking.signal.aborted).slice(0, -this.#limits.maxTransfers)) this.#forget(one, { counts: false })
  }

  /** @param options - `counts`: whether a question without an answer is a no; not when it gives way to those of others */
  #forget (remembered: Remembered, { counts }: { counts: boolean }): void {
    if (this.#remembered.get(remembered.transfer.id) === remembered) this.#remembered.delete(remembered.transfer.id)
    if (counts && !remembered.decided) this.#answered(remembered.transfer, false)
    remembered.asking.abort()
  }
}

/** Who comes again later is asked about then. */
function busy (wire: Wire): Received {
  const error = filesError('ERR_FILES_BUSY')
  wire.fail(error, resetError(RESET_CODES.limit))
  return { type: 'failed', transfer: undefined, error }
}

/** A stream that is not even looked at. */
function refused (stream: IncomingStream, error: Error, code: number): Received {
  stream.refuse(code)
  return { type: 'failed', transfer: undefined, error }
}
