import { checkExpected, checkSignal, type Expected } from '../stream/index.js'
import { tunnelError } from './errors.js'

/** What callers without types can get wrong, and nothing would tell them. @throws ERR_TUNNEL_OPTION, ERR_ARGUMENT */
export function checkTunnelOptions (options: { readonly signal?: AbortSignal | undefined }, table: Readonly<Record<string, Expected>>, needed: readonly string[]): void {
  checkExpected(options, table, needed, sentence => tunnelError('ERR_TUNNEL_OPTION', sentence))
  checkSignal(options.signal)
}
