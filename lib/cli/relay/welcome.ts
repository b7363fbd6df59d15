import { onlyHere, pageBegins } from '../only-here.js'
import type { Addresses } from './addresses.js'
import type { Settings } from './settings.js'

/** What a relay tells a person when it has started. */
export interface Welcome {
  readonly addresses: Addresses
  /** Where the page of the relay is, if it serves one. */
  readonly page?: string | undefined
  readonly settings: Settings
}

/** Plain lines: what others need to use this relay, and what to do next. */
export function welcome ({ addresses, page, settings: { registration, store } }: Welcome): string {
  const given = [addresses.tcp, addresses.websocket].filter(address => address !== undefined)
  const [first = ''] = given
  const lines = [
    `The relay runs. Its address, for those who are to use it${given.length > 1 ? ' (each will do; browsers need the one of ws: or wss:)' : ''}:`,
    ...given.map(address => `  ${address}`),
    'On each of their machines:',
    `  hushwire id new --relay '${first}'`
  ]
  if (page !== undefined) lines.push(...aboutPage(page))
  if (registration.rule === 'invite') lines.push('Each of them needs an invite too:', `  hushwire relay invite --store '${store.folder}'`)
  if (registration.rule === 'allowlist') lines.push(`Only the ids of registration.ids are let in${registration.ids.length === 0 ? ', and there are none yet' : ''}; hushwire id show prints them.`)
  if (given.every(onlyHere)) lines.push('Only this machine reaches it there: --tcp 0.0.0.0:7411 listens for others too.')
  lines.push('Logs are JSON, on stderr. Ctrl-C finishes what is under way and ends the relay; a second one ends it at once.')
  return `${lines.join('\n')}\n`
}

function aboutPage (page: string): string[] {
  if (pageBegins(page)) return ['In a browser, without installing anything:', `  ${page}`]
  return ['The page for browsers needs https: give the relay a certificate, or a proxy that has one (docs/relay.md, The page).']
}
