import { crypto } from '../../lib/crypto/index.js'
import { toHex } from '../../lib/bytes/index.js'
import { NoiseKeypair, type Role } from '../../lib/noise/index.js'

/** What both sides do after the handshake, one after another, told from our side. */
export type Step =
  | { readonly do: 'send' | 'receive', readonly messages: number, readonly size: number }
  /** We send, and the peer sends every message back. */
  | { readonly do: 'echo', readonly messages: number, readonly size: number }
  /** Both sides change the keys of both directions (section 11.3). */
  | { readonly do: 'rekey' }

/** A meeting of our side with a Noise peer. */
export interface Scenario {
  /** As the framework names it, such as `Noise_XXpsk3_25519_AESGCM_SHA512`. */
  readonly protocol: string
  readonly weAre: Role
  /** Bytes of the length before each message. */
  readonly prefix: 2 | 4
  readonly steps: readonly Step[]
}

/** The keys and the context of one side. */
export interface Side {
  readonly role: Role
  readonly prologue: Uint8Array
  readonly staticKey: NoiseKeypair | undefined
  readonly remoteStatic: Uint8Array | undefined
  readonly psks: readonly Uint8Array[]
  /** One for each message that this side sends in the handshake. */
  readonly payloads: readonly Uint8Array[]
}

/** Both sides of a scenario, with keys of their own for each run. */
export function sidesOf ({ protocol, weAre }: Scenario): { ours: Side, theirs: Side } {
  const { initiator, responder, psks } = needsOf(protocol)
  const keys = { initiator: keypair(initiator !== 'none'), responder: keypair(responder !== 'none') }
  const prologue = crypto.randomBytes(40)
  const secrets = Array.from({ length: psks }, () => crypto.randomBytes(32))
  const side = (role: Role): Side => {
    const other = role === 'initiator' ? 'responder' : 'initiator'
    const known = (role === 'initiator' ? responder : initiator) === 'known'
    return {
      role, prologue, psks: secrets,
      staticKey: keys[role],
      remoteStatic: known ? keys[other]?.publicKey : undefined,
      payloads: [crypto.randomBytes(0), crypto.randomBytes(100)]
    }
  }
  return { ours: side(weAre), theirs: side(weAre === 'initiator' ? 'responder' : 'initiator') }
}

/** What the peer is told: its side, and the mirror of our steps. */
export function configurationOf ({ protocol, prefix, steps }: Scenario, side: Side): object {
  const secret = side.staticKey?.exportPrivate()
  return {
    protocol, prefix,
    initiator: side.role === 'initiator',
    prologue: toHex(side.prologue),
    staticKey: toHex(secret ?? new Uint8Array(0)),
    remoteStatic: toHex(side.remoteStatic ?? new Uint8Array(0)),
    psks: side.psks.map(toHex),
    payloads: side.payloads.map(toHex),
    steps: steps.map(mirror),
    tamperAt: -1
  }
}

function mirror (step: Step): object {
  if (step.do === 'rekey') return step
  const { messages, size } = step
  if (step.do === 'receive') return { do: 'send', messages, size }
  return { do: step.do === 'send' ? 'receive' : 'echo', bytes: messages * size }
}

type Static = 'none' | 'known' | 'sent'

const LETTERS: Readonly<Record<string, Static>> = { N: 'none', K: 'known', X: 'sent', I: 'sent' }

/** The letters of a pattern say whose static keys there are, and who knows them before (section 7.2). */
function needsOf (protocol: string): { initiator: Static, responder: Static, psks: number } {
  const [, letters = '', modifiers = ''] = /^Noise_([NKXI]{1,2})([a-z0-9+]*)_/.exec(protocol) ?? []
  const [first = '', second] = letters
  return {
    initiator: LETTERS[first] ?? 'none',
    // the receiver of a one-way pattern is known to the sender
    responder: second === undefined ? 'known' : LETTERS[second] ?? 'none',
    psks: modifiers.split('psk').length - 1
  }
}

function keypair (needed: boolean): NoiseKeypair | undefined {
  return needed ? new NoiseKeypair() : undefined
}
