import { mlKem768 } from '../../lib/noise/hybrid.js'
import { noiseChannel, NoiseKeypair, noiseProtocol, type NoiseChannel, type NoiseChannelOptions, type NoiseProtocol, type Role } from '../../lib/noise/index.js'
import { HushwireError, type Duplex } from '../../lib/stream/index.js'
import { memoryPair, type MemoryPairOptions } from '../../lib/transport/memory.js'

export const ALICE = new NoiseKeypair()
export const BOB = new NoiseKeypair()
export const XX = noiseProtocol('Noise_XX_25519_ChaChaPoly_SHA256')
export const XX_HYBRID = noiseProtocol('Noise_XXhfs_25519+MLKEM768_ChaChaPoly_SHA256', { kems: [mlKem768] })

export type Options = Partial<NoiseChannelOptions>

/** All that a pattern asks of an end: Alice begins, Bob answers, and each accepts everybody. */
export function optionsOf (protocol: NoiseProtocol, role: Role, more: Options = {}): NoiseChannelOptions {
  const { pattern } = protocol
  const initiator = role === 'initiator'
  const known = initiator ? pattern.responderKnown : pattern.initiatorKnown
  const ours = (initiator ? pattern.initiatorKnown : pattern.responderKnown) === true || sends(protocol, initiator ? 0 : 1)
  return {
    protocol, role,
    staticKey: ours ? (initiator ? ALICE : BOB) : undefined,
    remoteStatic: known === true ? (initiator ? BOB : ALICE).publicKey : undefined,
    verify: sends(protocol, initiator ? 1 : 0) ? () => true : undefined,
    end: 'authenticated',
    ...more
  }
}

function sends ({ pattern }: NoiseProtocol, first: 0 | 1): boolean {
  return pattern.messages.some((tokens, index) => index % 2 === first && tokens.includes('s'))
}

export interface PairOptions {
  protocol?: NoiseProtocol
  both?: Options
  initiator?: Options
  responder?: Options
  memory?: MemoryPairOptions
  duplexes?: [Duplex, Duplex]
}

/** Two ends of a channel; rejects with the first end's failure when both fail. */
export async function channels ({ protocol = XX, both, initiator, responder, memory, duplexes = memoryPair(memory) }: PairOptions = {}): Promise<[NoiseChannel, NoiseChannel]> {
  return Promise.all([
    noiseChannel(duplexes[0], optionsOf(protocol, 'initiator', { ...both, ...initiator })),
    noiseChannel(duplexes[1], optionsOf(protocol, 'responder', { ...both, ...responder }))
  ])
}

/** The codes with that the two ends fail; `resolved` for one that does not. */
export async function codesOf (promises: ReadonlyArray<Promise<unknown>>): Promise<string[]> {
  const results = await Promise.allSettled(promises)
  return results.map(result => result.status === 'fulfilled' ? 'resolved' : result.reason instanceof HushwireError ? result.reason.code : String(result.reason))
}
