import { codeOf } from '../../stream/index.js'

const ANY = 'port 0 is any that is free.'

/** What to do, by the code of the platform. */
const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: `Another program has the port: choose another; ${ANY}`,
  EACCES: `The system does not let this user have that port; those below 1024 are mostly for root alone: choose a higher one; ${ANY}`,
  EADDRNOTAVAIL: 'The host is no address of this machine: leave it out for 127.0.0.1, or give 0.0.0.0 for all that it has.',
  ENOTFOUND: 'The host is not known: leave it out for 127.0.0.1, or give 0.0.0.0 for all addresses of this machine.'
}

/** What a person can do when it cannot be listened at an address. @param error - ours, with that of the platform as its cause */
export function listenAdvice (error: unknown): string {
  return ADVICE[codeOf((error as Error | undefined)?.cause) ?? ''] ?? `Choose another port or host; ${ANY}`
}
