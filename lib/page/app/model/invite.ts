import { codeOf, HushwireError } from '../../../stream/index.js'
import { adviceOf } from './advice.js'

/** Bytes of an invite. */
const INVITE_BYTES = 32

/** The bytes of an invite. @throws ERR_RELAY_INVITE, whose origin is local */
export function inviteOf (text: string): Uint8Array {
  const bytes = decoded(text)
  if (bytes?.byteLength !== INVITE_BYTES) throw new HushwireError('ERR_RELAY_INVITE', 'this is no invite', { layer: 'page', origin: 'local', fatal: false })
  return bytes
}

/** What to say when a first visit has failed: a relay does not say of an invite that it refuses that there was one. */
export function startAdvice (error: unknown, invite: string): string {
  if (codeOf(error) !== 'ERR_RELAY_INVITE' || invite === '') return adviceOf(error)
  if ((error as HushwireError).origin === 'local') return 'This is no invite, or only a part of one: it has 43 characters. Copy all of it, and enter it again.'
  return 'The relay has refused this invite: it is unknown or used up. Each is good for one person: ask who runs the relay for a new one, and enter it below.'
}

function decoded (text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), unit => unit.charCodeAt(0))
  } catch {
    return undefined
  }
}
