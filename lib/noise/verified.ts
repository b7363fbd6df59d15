import { noiseError } from './errors.js'
import type { HandshakeMoment, NoiseHandshakeOptions } from './handshake.js'
import type { Role } from './handshake-state.js'
import type { NoiseProtocol } from './protocol.js'
import { checkStatic, type VerifyStatic } from './verify-static.js'

/**
 * The hook `received` that asks `verify` about the other side's static key as soon as it has come, and keeps all payloads
 * back until it is accepted.
 *
 * @throws ERR_NOISE_OPTIONS when the pattern brings a key and nobody decides about it, or the reverse
 */
export function verified ({ protocol, role, received }: NoiseHandshakeOptions, verify: VerifyStatic | undefined): NoiseHandshakeOptions['received'] {
  const brings = bringsStatic(protocol, role)
  if (verify !== undefined && typeof verify !== 'function') throw noiseError('ERR_NOISE_OPTIONS', 'verify is a function')
  if (brings && verify === undefined) throw noiseError('ERR_NOISE_OPTIONS', `${protocol.name} brings the ${other(role)} static key; say by verify which one is accepted`)
  if (!brings && verify !== undefined) throw noiseError('ERR_NOISE_OPTIONS', `${protocol.name} does not bring the ${other(role)} static key, so verify would never be asked`)
  if (verify === undefined) return received
  let accepted = false
  const kept: Array<[payload: Uint8Array, moment: HandshakeMoment]> = []
  return async (payload, moment) => {
    kept.push([payload, moment])
    const { remoteStatic } = moment
    if (remoteStatic === undefined) return
    if (!accepted) await checkStatic(verify, remoteStatic)
    accepted = true
    for (const [earlier, then] of kept.splice(0)) await received?.(earlier, then)
  }
}

/** Whether the static key of the other side comes in a message of the pattern. */
function bringsStatic ({ pattern }: NoiseProtocol, role: Role): boolean {
  const first = role === 'initiator' ? 1 : 0
  return pattern.messages.some((tokens, index) => index % 2 === first && tokens.includes('s'))
}

function other (role: Role): string {
  return role === 'initiator' ? 'responder\'s' : 'initiator\'s'
}
