import { isObject } from '../stream/index.js'
import { tunnelError } from './errors.js'
import { isServiceName } from './head.js'

/** A TCP service that can be reached through a tunnel. */
export interface TunnelService {
  readonly port: number
  /** Name or address, as seen from the end that exposes it. Default `127.0.0.1`. */
  readonly host?: string | undefined
}

/** What whoever names no service gets. */
const DEFAULT = 'default'

/** @throws ERR_TUNNEL_OPTION */
export function checkServices (services: Readonly<Record<string, unknown>>): void {
  const entries = Object.entries(services)
  if (entries.length === 0) throw tunnelError('ERR_TUNNEL_OPTION', 'services: there is none')
  for (const [name, service] of entries) {
    if (!isServiceName(name)) throw tunnelError('ERR_TUNNEL_OPTION', 'services: a name has letters, digits, ".", "_" and "-", the first one a letter or a digit, 64 at the most')
    const { port, host } = isObject(service) ? service : {}
    if (!isPort(port)) throw tunnelError('ERR_TUNNEL_OPTION', `services: ${name} has a port from 1 to 65535`)
    if (host !== undefined && (typeof host !== 'string' || host === '')) throw tunnelError('ERR_TUNNEL_OPTION', `services: the host of ${name} is a name or an address`)
  }
}

/** The service of that name, if there is one; for an empty name the one called `default`, or the only one. */
export function serviceOf (services: Readonly<Record<string, TunnelService>>, name: string): TunnelService | undefined {
  const names = Object.keys(services)
  const wanted = name === '' ? names.length === 1 ? names[0] : DEFAULT : name
  return wanted !== undefined && Object.hasOwn(services, wanted) ? services[wanted] : undefined
}

function isPort (port: unknown): boolean {
  return Number.isInteger(port) && (port as number) >= 1 && (port as number) <= 65_535
}
