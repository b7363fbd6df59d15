import { codeOf } from '../../stream/index.js'
import type { Situation } from './situation.js'

/** What is wrong with a certificate, by the codes of the platform, and what to do about it. */
const FAULTS: ReadonlyArray<readonly [codes: RegExp, advice: string]> = [
  [/^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/, 'The certificate is for other hosts than that of the address: ask who runs the relay for an address with a name that the certificate has.'],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, 'The certificate is not good today: look at the clock of this machine, and tell who runs the relay.'],
  [/SELF_SIGNED_CERT|^UNABLE_TO_/, 'Nobody whom Node trusts has signed the certificate: get the file of it, or of its authority, from who runs the relay, and start the command with NODE_EXTRA_CA_CERTS=FILE.']
]
const NO_TLS = 'Look at the address: that of a relay without a certificate begins with tcp: or ws:.'

/** What a person can do when TLS could not be agreed on. @param error - ours, with that of the platform as its cause */
export function certificateAdvice (error: unknown, { fresh, where }: Situation): string {
  const code = codeOf((error as Error | undefined)?.cause) ?? ''
  const advice = FAULTS.find(([codes]) => codes.test(code))?.[1]
  if (!fresh) return advice ?? NO_TLS
  return ['The offer is for the relay at', `${where}, whose certificate is not accepted here: ask who made the offer.`, advice].filter(Boolean).join(' ')
}
