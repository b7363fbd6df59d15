import { formatUuid, uuidKey } from '../../bytes/index.js'
import type { IncomingStream } from '../../relay/index.js'
import { abortable, Channel, ignore } from '../../stream/index.js'
import { hostAndPort } from '../../transport/host-and-port.js'
import { expose, TUNNEL_KIND, type TunnelService } from '../../tunnel/index.js'
import type { Session } from '../session.js'
import { TunnelTeller } from './teller.js'

/** What of the flags is looked at. */
interface Flags {
  readonly allow?: readonly string[]
  readonly max: number
  readonly verbose?: true
}

/** Lets contacts reach services, until the command is to end. */
export async function exposeServices (session: Session, services: Readonly<Record<string, TunnelService>>, flags: Flags): Promise<void> {
  const { client, names, output, signal } = session
  // each of them is looked at as soon as it has come, so that none of them waits here
  const streams = new Channel<IncomingStream>({ sizeOf: () => 0 })
  session.onStream(TUNNEL_KIND, stream => {
    if (streams.open) void streams.push(stream)
    else stream.refuse()
  })
  const allowed = flags.allow?.map(text => names.resolve(text))
  const ids = new Set(allowed?.map(({ id }) => uuidKey(id)))
  const teller = new TunnelTeller(output, names, flags.verbose === true)
  const exposure = expose({ streams, contacts: client.contacts }, {
    services,
    accept: allowed === undefined ? 'contacts' : ({ id }) => ids.has(uuidKey(id)),
    limits: { maxConnections: flags.max, maxPeerConnections: flags.max },
    onEvent: teller.tell
  })
  const listed = Object.entries(services).map(([name, { host = '127.0.0.1', port }]) => ({ name, host, port }))
  output.event('exposed', { services: listed, allowed: allowed?.map(({ id }) => formatUuid(id)) })
  const who = allowed === undefined ? everybody(names.list().map(({ name }) => name)) : allowed.map(({ name }) => name).join(', ')
  for (const { name, host, port } of listed) output.line(`${name}: ${hostAndPort({ host, port })}, for ${who}`)
  await abortable(exposure.closed, signal).catch(ignore)
  await exposure.close()
  teller.summarise()
}

function everybody (contacts: readonly string[]): string {
  if (contacts.length === 0) return 'nobody yet: hushwire pair makes contacts'
  return contacts.length > 5 ? `all ${contacts.length} contacts` : `every contact (${contacts.join(', ')})`
}
