import { abortOn, asError, checkDuplex, checkSignal, ignore, limitsOf, link, type Duplex, type Endpoint, type LimitsOf, type LinkControl } from '../stream/index.js'
import { ctrError } from './errors.js'
import { exchangeNonces } from './exchange.js'
import type { CtrFrame } from './frame.js'
import { checkOptions, CTR_FRAMES_LIMITS, ctrFrames, type CtrEnd, type CtrLayer, type CtrOptions } from './layer.js'
import { Receiving, type Received, type ReceiveOptions } from './receiving.js'
import { Sending, type SendBody } from './sending.js'
import type { SharedBlock } from './shared-block.js'
import type { CtrState } from './turns.js'

/** The limits of a peer and their defaults. */
export const CTR_PEER_LIMITS = {
  ...CTR_FRAMES_LIMITS,
  /** Bytes of payload in one frame of what is sent; larger payloads are split. */
  frameBytes: 65_536,
  /** Bytes that may wait to be received before the stream is not read, and one frame more. */
  receiveBytes: 1_048_576,
  /** Frames that may wait likewise. */
  receiveFrames: 1024,
  /** Frames that one `receive` gathers. */
  gatheredFrames: 65_536,
  /** Milliseconds for the exchange of nonces. */
  handshakeTimeout: 10_000,
  /** Milliseconds that `close` waits for what is under way and the other side's end. */
  closeTimeout: 10_000
} as const

/** Limits of {@link ctrPeer}; {@link CTR_PEER_LIMITS} has the defaults. */
export type CtrPeerLimits = LimitsOf<typeof CTR_PEER_LIMITS>

/** Options of {@link ctrPeer}: a secret, from which each connection derives a block of its own, or a ready block. */
export type CtrPeerOptions = CtrOptions & {
  limits?: CtrPeerLimits | undefined
  /** Aborts the exchange, and the peer afterwards. */
  signal?: AbortSignal | undefined
} & ({
  /** What both sides have agreed on beforehand: 32 bytes of good randomness or more. Copied. */
  secret: Uint8Array
  block?: undefined
} | {
  /** A fresh block that both sides have already; then no nonces are exchanged. */
  block: SharedBlock
  secret?: undefined
})

/** A party of a connection. */
export interface CtrPeer extends LinkControl {
  /** What it is doing: it starts no frame while it receives one, unless `duplex` is `full`. */
  readonly state: CtrState
  /** How the receiving direction has ended. Frames may still wait to be received. */
  readonly end: CtrEnd
  /**
   * Sends a payload of any length, in as many frames of the code as it takes; a chunk of a source is sent as it comes. A payload of no
   * bytes is one frame. Resolves when the transport has taken everything: who awaits it feels the other side's pace.
   *
   * When the source throws, what came before has been sent, and the peer goes on.
   *
   * @throws ERR_CTR_CODE, ERR_CTR_PAYLOAD when it is no bytes, ERR_CTR_BUSY while another send is under way,
   *   ERR_CTR_ENDED, what the source throws, or the cause when the link is gone
   */
  send(code: number, body: SendBody): Promise<void>
  /**
   * Gathers whole, verified frames until there are `length` bytes, and says how it came out: see {@link Received}. Verified bytes are
   * never lost: not by a timeout, nor by an error.
   *
   * @throws ERR_CTR_RECEIVE when length or timeout cannot be, ERR_CTR_BUSY while another receive is under way; nothing else
   */
  receive(length: number, options?: ReceiveOptions): Promise<Received>
  /** Ends the own direction (half-close) after what is under way, with the frame of `endCode` where it is set; the other one goes on. */
  finish(): Promise<void>
  /** Ends the own direction, drops what still comes, and waits for the other side's end, `closeTimeout` at most. Never rejects. */
  close(): Promise<void>
}

/**
 * Makes a party of one connection: exchanges nonces, puts frames on the duplex, and gives `send` and `receive`. It
 * owns the duplex from then on, and aborts it when it fails.
 *
 * When the receiving direction fails, it is dead, and only `receive` says so: what to do then is the caller's. It may
 * still send, and calls `close()` or `abort()`.
 *
 * @throws ERR_ARGUMENT, ERR_CTR_SECRET, ERR_CTR_OPTION, ERR_CTR_CODE, ERR_CTR_BLOCK_USED, ERR_CTR_REFLECTED, ERR_LIMIT_OPTION,
 *   ERR_HANDSHAKE_TIMEOUT, the signal's reason, or what the duplex threw
 * @example
 * ```ts runnable
 * import { ctrPeer } from 'hushwire/ctr'
 * import { memoryPair } from 'hushwire/transport/memory'
 *
 * const secret = crypto.getRandomValues(new Uint8Array(32)) // agreed beforehand
 * const [left, right] = memoryPair()
 * const [top, bottom] = await Promise.all([
 *   ctrPeer(left, { role: 'top', secret, endCode: 0 }),
 *   ctrPeer(right, { role: 'bottom', secret, endCode: 0 })
 * ])
 * const sent = top.send(7, new Uint8Array(200_000)) // four frames
 * const { status, bytes } = await bottom.receive(200_000, { timeout: 5000 })
 * console.log(status, bytes.byteLength) // complete 200000
 * await sent
 * await Promise.all([top.close(), bottom.close()])
 * ```
 */
export async function ctrPeer (duplex: Duplex, options: CtrPeerOptions): Promise<CtrPeer> {
  checkDuplex(duplex)
  try {
    return await standing(duplex, options)
  } catch (error) {
    duplex.abort(asError(error))
    throw error
  }
}

async function standing (duplex: Duplex, options: CtrPeerOptions): Promise<CtrPeer> {
  checkOptions(options)
  const { secret, block: given, signal, ...frameOptions } = options
  checkSignal(signal)
  const limits = limitsOf(CTR_PEER_LIMITS, options.limits, ['stallTimeout'])
  const { maxPayload, stallTimeout, handshakeTimeout } = limits
  if ((secret === undefined) === (given === undefined)) throw ctrError('ERR_CTR_OPTION', 'either a secret or a block')
  const { block, duplex: after } = secret === undefined
    ? { block: given, duplex }
    : await exchangeNonces(duplex, { role: options.role, secret, timeout: handshakeTimeout, signal })
  const layer = ctrFrames({ ...frameOptions, block, limits: { maxPayload, stallTimeout } })
  const endpoint = new PeerEndpoint(layer, limits, options.endCode)
  const linked: PeerFace & LinkControl = link(after, layer, endpoint)
  const gone = (cause: unknown = ctrError('ERR_CTR_ENDED')): void => { endpoint.sending.fail(asError(cause)) }
  linked.closed.then(() => { gone() }, gone)
  abortOn(signal, linked)
  return Object.assign(linked, { close: () => close(linked, endpoint, limits.closeTimeout) })
}

async function close (linked: PeerFace & LinkControl, endpoint: PeerEndpoint, timeout: number): Promise<void> {
  const timer = setTimeout(() => { linked.abort(ctrError('ERR_CTR_CLOSE_TIMEOUT')) }, timeout)
  endpoint.receiving.leave()
  void endpoint.sending.end()
  await linked.closed.catch(ignore)
  clearTimeout(timer)
}

/** The face without its end, which takes the link. */
type PeerFace = Omit<CtrPeer, 'close' | keyof LinkControl>

/** The top of the link: it reads on its own, as far as there is room, so that a party that sends also receives. */
class PeerEndpoint implements Endpoint<CtrFrame, CtrFrame, PeerFace> {
  readonly face: PeerFace
  readonly sending: Sending
  readonly receiving: Receiving

  constructor (layer: CtrLayer, limits: Readonly<Record<keyof typeof CTR_PEER_LIMITS, number>>, endCode: number | undefined) {
    const sending = this.sending = new Sending(Math.min(limits.frameBytes, limits.maxPayload), endCode)
    const receiving = this.receiving = new Receiving(limits, () => layer.end)
    this.face = {
      get state () { return layer.state },
      get end () { return layer.end },
      send: (code, body) => sending.send(code, body),
      receive: (length, options) => receiving.receive(length, options),
      finish: () => sending.end()
    }
  }

  get outbound (): AsyncIterable<CtrFrame> { return this.sending }

  async run (source: AsyncIterable<CtrFrame>): Promise<void> {
    try {
      for await (const frame of source) {
        const room = this.receiving.push(frame)
        if (room !== undefined) await room
      }
      this.receiving.end()
    } catch (error) {
      this.receiving.fail(asError(error))
      // what to do then is the caller's: the link goes when the own direction has ended as well
      await this.sending.over
      throw error
    }
  }

  fail (cause: Error): void {
    this.receiving.fail(cause)
    this.sending.fail(cause)
  }
}
