import { cliError } from '../errors.js'

/** Where to listen or connect. */
export interface HostPort {
  readonly host: string | undefined
  readonly port: number
}

/** Takes `port`, `host:port` and `[address of IPv6]:port` apart. @throws ERR_CLI_OPTION */
export function parseAddress (text: string): HostPort {
  const match = /^(?:(?:\[([^\]]+)\]|([^:[\]]+)):)?(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) throw cliError('ERR_CLI_OPTION', `${text === '' ? 'an empty address' : text} is not [host:]port, with a port up to 65535 and an address of IPv6 in brackets`)
  return { host: match[1] ?? match[2], port }
}
