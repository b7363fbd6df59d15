/** An address as it is written: an IPv6 host has brackets where a port follows it. */
export function hostAndPort ({ host, port }: { readonly host: string, readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
