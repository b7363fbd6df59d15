import type { ExecutionContext } from 'ava'
import { NoiseHandshake, NoiseKeypair, noiseProtocol, type NoiseHandshakeOptions, type Role } from '../../lib/noise/index.js'
import { mlKem768 } from '../../lib/noise/hybrid.js'
import { HushwireError } from '../../lib/stream/index.js'

export type Options = Partial<NoiseHandshakeOptions>
export interface Ends { initiator: NoiseHandshake, responder: NoiseHandshake }

export const PROLOGUE = new TextEncoder().encode('a test')
export const alice = new NoiseKeypair()
export const bob = new NoiseKeypair()

/** The same keys for everybody who does not say otherwise. */
export const pskOf = (index: number): Uint8Array => new Uint8Array(32).fill(index + 1)

/** One end with the keys that its pattern asks for: alice is the initiator, bob the responder. */
export function endOf (name: string, role: Role, options: Options = {}): NoiseHandshake {
  const protocol = options.protocol ?? noiseProtocol(name, { kems: [mlKem768] })
  const { initiatorKnown, responderKnown, messages } = protocol.pattern
  const known = role === 'initiator' ? responderKnown === true && bob.publicKey : initiatorKnown === true && alice.publicKey
  return new NoiseHandshake({
    protocol, role, prologue: PROLOGUE,
    staticKey: role === 'initiator' ? alice : bob,
    remoteStatic: known === false ? undefined : known,
    psks: messages.flat().filter(token => token === 'psk').map((_, index) => pskOf(index)),
    payload: ({ message }) => new Uint8Array(message + 3),
    ...options
  })
}

export function endsOf (name: string, initiator: Options = {}, responder: Options = {}): Ends {
  return { initiator: endOf(name, 'initiator', initiator), responder: endOf(name, 'responder', responder) }
}

/** Runs both ends against each other; `change` stands between them. */
export function play ({ initiator, responder }: Ends, change: (message: Uint8Array, index: number) => Uint8Array = message => message): void {
  for (let index = 0; initiator.turn !== 'done' || responder.turn !== 'done'; index++) {
    const [writer, reader] = index % 2 === 0 ? [initiator, responder] : [responder, initiator]
    void reader.read(change(writer.write(), index))
  }
}

/** Plays, then sends a message over the ciphers: what is wrong in the last handshake message shows only there. */
export function playOn (both: Ends, change?: (message: Uint8Array, index: number) => Uint8Array): void {
  play(both, change)
  both.responder.result().receive.open(PROLOGUE, both.initiator.result().send.seal(PROLOGUE, [PROLOGUE]))
}

export function codeOf (run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    return error instanceof HushwireError ? error.code : String(error)
  }
  return undefined
}

/** Nothing can be had of a handshake that has failed. */
export function isDead (t: ExecutionContext, handshake: NoiseHandshake): void {
  t.is(codeOf(() => handshake.write()), 'ERR_NOISE_DESTROYED')
  t.is(codeOf(() => handshake.read(new Uint8Array(48))), 'ERR_NOISE_DESTROYED')
  t.is(codeOf(() => handshake.result()), 'ERR_NOISE_DESTROYED')
}
