import { fromHex, toHex } from '../../lib/bytes/index.js'
import { cipher, frames, packets, type CipherOptions, type HopKey, type PacketLink, type PacketLimits, type RoutedHeader } from '../../lib/nova/index.js'
import { codeOf, ignore, link, type Duplex } from '../../lib/stream/index.js'
import { contentOf, digestOf, digestOfAll } from './contents.js'
import type { Content, Received, Report, Route } from './job.js'

/** One key for each direction as ours are, or one for both. */
export interface HopOptions extends Pick<CipherOptions, 'obfuscate'> {
  key: HopKey
  limits?: PacketLimits
}

/** Our end of a link of packets. */
export function ourPackets (duplex: Duplex, { key, obfuscate, limits }: HopOptions): PacketLink {
  const hop = cipher({ key, obfuscate })
  return link(duplex, frames({ obfuscation: hop.obfuscation }), hop, packets({ limits }))
}

/** The code of what was thrown, or the text of what has none. */
export function codeOrText (error: unknown): string {
  return codeOf(error) ?? String(error)
}

/** Reads all packets to their ends, each at once, and reports as the Go peer does. */
export async function receive<P> (source: AsyncIterable<P>, read: (packet: P) => AsyncIterable<Uint8Array>, header?: (packet: P) => RoutedHeader): Promise<Report> {
  const reading: Array<Promise<Received>> = []
  const one = async (packet: P): Promise<Received> => {
    const route = header === undefined ? {} : { header: routeOf(header(packet)) }
    try {
      return { ...route, ...await digestOfAll(read(packet)) }
    } catch (error) {
      return { ...route, size: 0, sha256: '', error: codeOrText(error) }
    }
  }
  try {
    for await (const packet of source) reading.push(one(packet))
  } catch (error) {
    return { packets: await Promise.all(reading), error: codeOrText(error) }
  }
  return { packets: await Promise.all(reading) }
}

/** Sends packets, as many in flight as the link's limits allow, ends the own direction, and reports what came. */
export async function exchange (ours: PacketLink, contents: readonly Content[]): Promise<Report> {
  const received = receive(ours.source, packet => packet.source)
  const sent = contents.map(content => ours.send(inPieces(contentOf(content))))
  for (const one of sent) one.catch(ignore)
  await Promise.all(sent)
  const closing = ours.close()
  closing.catch(ignore)
  const report = await received
  await closing
  return report
}

/** Frames are made of what the source gives; a source in pieces lets packets interleave. */
function * inPieces (bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += 65_536) yield bytes.subarray(at, at + 65_536)
}

/** What a side must have received of these. */
export function expected (contents: readonly Content[]): Array<{ size: number, sha256: string }> {
  return contents.map(content => digestOf(contentOf(content)))
}

/** The header as JSON. */
export function routeOf ({ target, source, kind }: RoutedHeader): Route {
  return { target: toHex(target), source: toHex(source), kind: String(kind) }
}

/** The header out of JSON. */
export function headerOf ({ target, source, kind }: Route): RoutedHeader {
  return { target: fromHex(target), source: fromHex(source), kind: BigInt(kind) }
}
