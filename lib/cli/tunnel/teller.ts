import { formatUuid } from '../../bytes/index.js'
import { amountOf } from '../../files/index.js'
import type { Peer } from '../../nova/index.js'
import type { TunnelEvent } from '../../tunnel/index.js'
import type { Names } from '../names.js'
import { failureOf } from '../terminal/failure.js'
import type { Output } from '../terminal/output.js'
import { plainLine } from '../terminal/plain-text.js'

/** Services whose reasons are remembered. */
const MAX_SERVICES = 64
/** All others; no service is called that. */
const OTHERS = '*'

/** Tells what passes through a tunnel, and counts it. */
export class TunnelTeller {
  readonly #output: Output
  readonly #names: Names
  readonly #verbose: boolean
  readonly #counts = { connections: 0, reset: 0, refused: 0, sent: 0, received: 0 }
  /** Why the last one to a service was refused: the same reason is told once, or a browser that tries again fills the screen. */
  readonly #reasons = new Map<string, string>()

  constructor (output: Output, names: Names, verbose: boolean) {
    this.#output = output
    this.#names = names
    this.#verbose = verbose
  }

  readonly tell = (event: TunnelEvent): void => {
    if (event.type === 'open') this.#opened(event)
    else if (event.type === 'refused') this.#refused(event)
    else this.#closed(event)
  }

  /** What there was in all. */
  summarise (): void {
    const { connections, reset, refused, sent, received } = this.#counts
    this.#output.event('summary', { ...this.#counts })
    this.#output.note(`${connections} connections, ${reset} of them reset, ${refused} more refused; ${amountOf(sent)} into the tunnel, ${amountOf(received)} out of it`)
  }

  #opened ({ connection, peer, service }: Extract<TunnelEvent, { type: 'open' }>): void {
    this.#counts.connections++
    this.#reasons.delete(service)
    this.#output.event('open', { connection, peer: formatUuid(peer.id), service })
    if (this.#verbose) this.#output.note(`#${connection} ${this.#name(peer)}${serviceText(service)}: open`)
  }

  #refused ({ peer, service, error }: Extract<TunnelEvent, { type: 'refused' }>): void {
    this.#counts.refused++
    const { code, message } = failureOf(error)
    // names are the peers' to choose: those that are too many are one
    const about = this.#reasons.has(service) || this.#reasons.size < MAX_SERVICES ? service : OTHERS
    this.#output.event('refused', { peer: peer === undefined ? undefined : formatUuid(peer.id), service, code })
    if (this.#verbose || code !== this.#reasons.get(about)) this.#output.note(`a connection${peer === undefined ? '' : ` of ${this.#name(peer)}`}${serviceText(service)} was reset: ${code}: ${plainLine(message)}`)
    this.#reasons.set(about, code)
  }

  #closed ({ connection, peer, service, sent, received, milliseconds, error }: Extract<TunnelEvent, { type: 'close' }>): void {
    this.#counts.sent += sent
    this.#counts.received += received
    const code = error === undefined ? undefined : failureOf(error).code
    if (code !== undefined) this.#counts.reset++
    this.#output.event('close', { connection, peer: formatUuid(peer.id), service, sent, received, milliseconds: Math.round(milliseconds), code })
    if (!this.#verbose) return
    const seconds = (milliseconds / 1000).toFixed(1)
    this.#output.note(`#${connection} ${this.#name(peer)}${serviceText(service)}: ${code === undefined ? 'closed' : `reset (${code})`} after ${seconds} s, ${amountOf(sent)} in, ${amountOf(received)} out`)
  }

  #name ({ id }: Peer): string { return this.#names.of(id) }
}

function serviceText (service: string): string {
  return service === '' ? '' : ` to ${service}`
}
