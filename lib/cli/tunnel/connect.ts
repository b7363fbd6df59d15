import { formatUuid, type Uuid } from '../../bytes/index.js'
import { abortable, ignore } from '../../stream/index.js'
import { hostAndPort } from '../../transport/host-and-port.js'
import { connectTunnel, type Tunnel } from '../../tunnel/index.js'
import type { Session } from '../session.js'
import type { Place } from './services.js'
import { TunnelTeller } from './teller.js'

/** Listens, and brings connections to a contact's services, until the command is to end. */
export async function connectTo (session: Session, text: string, places: readonly Place[], flags: { max: number, verbose?: true }): Promise<void> {
  const { client, names, output, signal } = session
  const peer = names.resolve(text)
  const teller = new TunnelTeller(output, names, flags.verbose === true)
  const tunnels: Tunnel[] = []
  try {
    for (const { service, host, port } of places) {
      const tunnel = await connectTunnel(client, peer.id, { host, port, service, limits: { maxConnections: flags.max }, onEvent: teller.tell })
      tunnels.push(tunnel)
      output.event('listening', { host: tunnel.host, port: tunnel.port, peer: formatUuid(peer.id), service })
      output.line(`${hostAndPort(tunnel)} leads to ${service ?? 'the service'} of ${peer.name}`)
    }
    watch(session, peer).catch(ignore)
    await abortable(Promise.all(tunnels.map(({ closed }) => closed)), signal).catch(ignore)
  } finally {
    await Promise.all(tunnels.map(tunnel => tunnel.close()))
  }
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
