import { HushwireError } from '../../../stream/index.js'

/** The bytes of an invite. @throws ERR_RELAY_INVITE */
export function inviteOf (text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), unit => unit.charCodeAt(0))
  } catch (error) {
    throw new HushwireError('ERR_RELAY_INVITE', 'this is no invite', { layer: 'page', origin: 'local', fatal: false, cause: error })
  }
}
