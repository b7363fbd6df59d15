import { Command, InvalidArgumentError } from 'commander'
import { action, clientOptions, type ClientFlags } from './client-options.js'
import { withClient } from './session.js'
import { connectTo } from './tunnel/connect.js'
import { exposeServices } from './tunnel/expose.js'
import { clientLimits, DEFAULT_CONNECTIONS, MOST_CONNECTIONS } from './tunnel/limits.js'
import { placesOf, servicesOf } from './tunnel/services.js'

/** Flags of both ends. */
export interface TunnelFlags extends ClientFlags {
  readonly max: number
  readonly verbose?: true
}

interface ExposeFlags extends TunnelFlags {
  readonly allow?: string[]
}

interface ConnectFlags extends TunnelFlags {
  readonly service?: string
}

const HELP = `
  hushwire tunnel expose 3000                    # on the one machine
  hushwire tunnel connect alice 8080             # on the other: http://127.0.0.1:8080/

Both have paired before (hushwire pair), and both commands run as long as the tunnel is needed. See docs/tunnel.md.`

const EXPOSE_HELP = `
  hushwire tunnel expose 3000                    # 127.0.0.1:3000, for every contact
  hushwire tunnel expose web=3000 git=9418 db=db.internal:5432
  hushwire tunnel expose ssh=22 --allow alice --allow carol

Contacts can reach what is named here and nothing else; with --allow only those. The service sees their connections coming from
this machine, so what it allows to localhost it allows to them. It runs until Ctrl-C, which resets the connections.`

const CONNECT_HELP = `
  hushwire tunnel connect bob                    # a free port, which is printed
  hushwire tunnel connect bob 8080 --service web
  hushwire tunnel connect bob web=8080 git=9418  # several of them
  hushwire tunnel connect bob 0.0.0.0:8080       # for other machines of the network too

A connection that bob's end cannot serve is reset, as one to a service that is not there. While the relay is away, new connections wait
up to 30 seconds. It runs until Ctrl-C; with 1 it ends where it cannot listen, with 4 when the peer is unknown.`

/** `hushwire tunnel`: any TCP service, end to end through the relay. */
export function tunnelCommand (): Command {
  return new Command('tunnel').description('Reach a TCP service of a contact through the relay, encrypted from end to end.')
    .addHelpText('after', HELP)
    .addCommand(exposeCommand())
    .addCommand(connectCommand())
}

function exposeCommand (): Command {
  return shared(new Command('expose').description('Let contacts reach TCP services.'))
    .argument('<service...>', '[name=][host:]port; 127.0.0.1 unless a host is given')
    .option('--allow <peer>', 'only this contact; can be given again', (peer: string, all: string[] | undefined) => [...all ?? [], peer])
    .addHelpText('after', EXPOSE_HELP)
    .action(action(async (flags: ExposeFlags, args, output, command) => {
      const services = servicesOf(args)
      return withClient({ flags, output, command, connect: clientLimits(flags.max) }, session => exposeServices(session, services, flags))
    }))
}

function connectCommand (): Command {
  return shared(new Command('connect').description('Listen on this machine, and bring connections to a service of a contact.'))
    .argument('<peer>', 'name, id, or the beginning of an id')
    .argument('[port...]', '[service=][host:]port to listen at; 127.0.0.1 and any free port unless given')
    .option('--service <name>', 'which of their services, for a port without a name')
    .addHelpText('after', CONNECT_HELP)
    .action(action(async (flags: ConnectFlags, [peer = '', ...ports], output, command) => {
      const places = placesOf(ports, flags.service)
      return withClient({ flags, output, command, connect: clientLimits(flags.max) }, session => connectTo(session, peer, places, flags))
    }))
}

function shared (command: Command): Command {
  return clientOptions(command)
    .option('--max <number>', 'connections at once', connections, DEFAULT_CONNECTIONS)
    .option('-v, --verbose', 'a line for each connection')
}

function connections (text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1 || value > MOST_CONNECTIONS) throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_CONNECTIONS}.`)
  return value
}
