import { formatUuid, type Uuid } from '../../bytes/index.js'
import { abortable, ignore } from '../../stream/index.js'
import { connectTunnel, isServiceName } from '../../tunnel/index.js'
import { parseAddress } from '../ctr/address.js'
import { cliError } from '../errors.js'
import type { Session } from '../session.js'
import { plainLine } from '../terminal/plain-text.js'
import { TunnelTeller } from './teller.js'

/** Listens, and brings connections to a contact's service, until the command is to end. */
export async function connectTo (session: Session, { peer: text, port, service }: { peer: string, port: string | undefined, service: string | undefined }, flags: { max: number, verbose?: true }): Promise<void> {
  const { client, names, output, signal } = session
  const peer = names.resolve(text)
  if (service !== undefined && !isServiceName(service)) throw cliError('ERR_CLI_OPTION', `${plainLine(service)} is not the name of a service: letters, digits, ".", "_" and "-", the first one a letter or a digit`)
  const teller = new TunnelTeller(output, names, flags.verbose === true)
  const tunnel = await connectTunnel(client, peer.id, { ...port === undefined ? {} : parseAddress(port), service, limits: { maxConnections: flags.max }, onEvent: teller.tell })
  const address = `${tunnel.host.includes(':') ? `[${tunnel.host}]` : tunnel.host}:${tunnel.port}`
  output.event('listening', { host: tunnel.host, port: tunnel.port, peer: formatUuid(peer.id), service })
  output.line(`${address} leads to ${service ?? 'the service'} of ${peer.name}`)
  watch(session, peer).catch(ignore)
  await abortable(tunnel.closed, signal).catch(ignore)
  await tunnel.close()
  teller.summarise()
}

/** Tells when the peer comes and goes: without it connections are reset, and who uses them wonders why. */
async function watch ({ client, output, signal }: Session, { id, name }: { id: Uuid, name: string }): Promise<void> {
  const presence = client.presence([id])
  signal.addEventListener('abort', () => { presence.return?.().catch(ignore) }, { once: true })
  let known: boolean | undefined
  for await (const { online } of presence) {
    if (online === known) continue
    output.event('peer', { online })
    if (!online) output.note(`${name} is not connected: connections are reset until hushwire tunnel expose runs there`)
    else if (known === false) output.note(`${name} is connected`)
    known = online
  }
}
