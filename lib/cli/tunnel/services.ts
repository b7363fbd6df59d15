import { isServiceName, type TunnelService } from '../../tunnel/index.js'
import { parseAddress } from '../ctr/address.js'
import { cliError } from '../errors.js'

/** What the only service is called that was given no name. */
const UNNAMED = 'default'

/** Takes `[name=][host:]port` of each argument apart. @throws ERR_CLI_OPTION */
export function servicesOf (args: readonly string[]): Record<string, TunnelService> {
  const services = new Map<string, TunnelService>()
  for (const text of args) {
    const at = text.indexOf('=')
    const name = at < 0 ? UNNAMED : text.slice(0, at)
    if (!isServiceName(name)) throw cliError('ERR_CLI_OPTION', `${text}: a name has letters, digits, ".", "_" and "-", the first one a letter or a digit, 64 at the most`)
    if (services.has(name)) throw cliError('ERR_CLI_OPTION', at < 0 ? 'one service at the most can do without a name: NAME=[HOST:]PORT' : `two services are called ${name}`)
    const { host, port } = parseAddress(text.slice(at + 1))
    if (port === 0) throw cliError('ERR_CLI_OPTION', `${text}: a service has a port from 1 to 65535`)
    services.set(name, { host, port })
  }
  return Object.fromEntries(services)
}
