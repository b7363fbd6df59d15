import { isIPv6 } from 'node:net'

/**
 * What counts as one address: of IPv6 the first 64 bits, since whoever has one address has all of those; IPv4 within IPv6 is the
 * IPv4 address.
 */
export function addressKey (address: string | undefined): string {
  if (address === undefined || !isIPv6(address)) return address ?? ''
  const [plain = ''] = address.split('%')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)
  if (mapped !== null) return mapped[1] ?? ''
  return `${groupsOf(plain).slice(0, 4).join(':')}::/64`
}

/** The eight groups; an address of IPv4 at the end counts for two. */
function groupsOf (address: string): string[] {
  const [head = [], tail] = address.split('::').map(part => part === '' ? [] : part.split(':'))
  const count = head.length + (tail?.length ?? 0) + (address.includes('.') ? 1 : 0)
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - count) }, () => '0')
  return [...head, ...zeros, ...tail ?? []].map(group => group.toLowerCase().replace(/^0+(?=.)/, ''))
}
