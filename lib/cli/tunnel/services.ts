import { hostAndPort } from '../../transport/host-and-port.js'
import { isServiceName, type TunnelService } from '../../tunnel/index.js'
import { parseAddress } from '../ctr/address.js'
import { cliError } from '../errors.js'
import { plainLine } from '../terminal/plain-text.js'

/** What the only service is called that was given no name. */
const UNNAMED = 'default'

/** Where one of their services is to be reached here. */
export interface Place {
  /** Undefined for the only one, or the one called `default`. */
  readonly service: string | undefined
  readonly host: string | undefined
  /** 0 for any that is free. */
  readonly port: number
}

/** Takes `[name=][host:]port` of each argument apart. @throws ERR_CLI_OPTION */
export function servicesOf (args: readonly string[]): Record<string, TunnelService> {
  const services = new Map<string, TunnelService>()
  for (const text of args) {
    const { name: given, address } = splitName(text)
    const name = given ?? UNNAMED
    if (services.has(name)) throw cliError('ERR_CLI_OPTION', given === undefined ? 'one service at the most can do without a name: NAME=[HOST:]PORT' : `two services are called ${name}`)
    const { host, port } = parseAddress(address)
    if (port === 0) throw cliError('ERR_CLI_OPTION', `${text}: a service has a port from 1 to 65535`)
    services.set(name, { host, port })
  }
  return Object.fromEntries(services)
}

/**
 * Takes `[name=][host:]port` of each argument apart; without any it is one place with any free port.
 *
 * @param service - which service the one without a name is for
 * @throws ERR_CLI_OPTION
 */
export function placesOf (args: readonly string[], service: string | undefined): Place[] {
  if (service !== undefined) checkName(service, service)
  const places = (args.length === 0 ? ['0'] : args).map(text => {
    const { name, address } = splitName(text)
    return { service: name ?? service, ...parseAddress(address) }
  })
  const own = new Set<string>()
  for (const { host = '127.0.0.1', port } of places) {
    const at = hostAndPort({ host, port })
    if (port !== 0 && own.has(at)) throw cliError('ERR_CLI_OPTION', `${at} is given twice: each service needs a port of its own here`)
    own.add(at)
  }
  if (service !== undefined && !places.some((_, index) => args[index]?.includes('=') !== true)) throw cliError('ERR_CLI_OPTION', 'each port has the name of its service already: leave --service out')
  return places
}

/** The name before `=`, if there is one. */
function splitName (text: string): { name: string | undefined, address: string } {
  const at = text.indexOf('=')
  if (at < 0) return { name: undefined, address: text }
  const name = text.slice(0, at)
  checkName(name, text)
  if (at === text.length - 1) throw cliError('ERR_CLI_OPTION', `${text} lacks its port: NAME=[HOST:]PORT`)
  return { name, address: text.slice(at + 1) }
}

function checkName (name: string, text: string): void {
  if (!isServiceName(name)) throw cliError('ERR_CLI_OPTION', `${plainLine(text)}: the name of a service has letters, digits, ".", "_" and "-", the first one a letter or a digit, 64 at the most`)
}
