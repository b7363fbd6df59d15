import { crypto } from '../../lib/crypto/index.js'
import { toHex } from '../../lib/bytes/index.js'
import { NoiseKeypair, type Role } from '../../lib/noise/index.js'

/** What both sides do after the handshake, one after another, told from our side. */
export type Step =
  | { readonly do: 'send' | 'receive' } & Amount
  /** We send, and the peer sends every message back. */
  | { readonly do: 'echo' } & Amount
  /** Both sides change the keys of both directions (section 11.3). */
  | { readonly do: 'rekey' }

/** So many messages of so many bytes, 4 at least. */
export interface Amount {
  readonly messages: number
  readonly size: number
}

/** A meeting of our side with a Noise peer. */
export interface Scenario {
  /** As the framework names it, such as `Noise_XXpsk3_25519_AESGCM_SHA512`. */
  readonly protocol: string
  readonly weAre: Role
  /** Bytes of the length before each message. */
  readonly prefix: 2 | 4
  readonly steps: readonly Step[]
  /** Our side speaks through the channel layer, not through the state machines alone. */
  readonly channel?: boolean
  /** The channel changes the keys of a direction by itself after so many messages, which both ends have in the prologue. */
  readonly rekeyAfter?: number
  /** Bytes of the payload of each message of the handshake; 32, 100 and none unless given. */
  readonly payloads?: readonly number[]
  /** What is to be wrong, for scenarios that must be refused. */
  readonly spoilt?: Spoilt
}

/** What is wrong: the peer has another psk, prologue or initiator's notion of the responder's key than we, or a bit changes on the way. */
export type Spoilt = 'psk' | 'prologue' | 'responder key' | 'a message of ours' | 'a message of theirs'

/** Which transport message is changed on its way, where one is. */
export const SPOILT_MESSAGE = 3

/** The keys and the context of one side. */
export interface Side {
  readonly role: Role
  readonly prologue: Uint8Array
  readonly staticKey: NoiseKeypair | undefined
  readonly remoteStatic: Uint8Array | undefined
  readonly psks: readonly Uint8Array[]
  /** One for each message that this side sends in the handshake. */
  readonly payloads: readonly Uint8Array[]
  /** Number of the transport message of this side in which a bit changes on its way. */
  readonly tamperAt: number | undefined
}

/** Both sides of a scenario, with keys of their own for each run. */
export function sidesOf ({ protocol, weAre, spoilt, payloads = [32, 100, 0] }: Scenario): { ours: Side, theirs: Side } {
  const needs = needsOf(protocol)
  const keys = { initiator: keypair(needs.initiator), responder: keypair(needs.responder) }
  const prologue = crypto.randomBytes(40)
  const psks = Array.from({ length: needs.psks }, () => crypto.randomBytes(32))
  const side = (role: Role): Side => {
    const other = role === 'initiator' ? 'responder' : 'initiator'
    const theirs = role !== weAre
    const known = spoilt === 'responder key' && role === 'initiator' ? keypair('sent') : keys[other]
    return {
      role,
      prologue: theirs && spoilt === 'prologue' ? crypto.randomBytes(40) : prologue,
      staticKey: keys[role],
      remoteStatic: needs[other] === 'known' ? known?.publicKey : undefined,
      psks: theirs && spoilt === 'psk' ? psks.map(() => crypto.randomBytes(32)) : psks,
      payloads: payloads.filter((_, message) => (message % 2 === 0) === (role === 'initiator')).map(size => crypto.randomBytes(size)),
      tamperAt: spoilt === (theirs ? 'a message of theirs' : 'a message of ours') ? SPOILT_MESSAGE : undefined
    }
  }
  return { ours: side(weAre), theirs: side(weAre === 'initiator' ? 'responder' : 'initiator') }
}

/** What the peer is told: its side, and the mirror of our steps. */
export function configurationOf ({ protocol, prefix, steps, rekeyAfter }: Scenario, side: Side): object {
  const secret = side.staticKey?.exportPrivate()
  return {
    protocol, prefix,
    initiator: side.role === 'initiator',
    prologue: `${rekeyAfter === undefined ? '' : rekeyPrologue(rekeyAfter)}${toHex(side.prologue)}`,
    staticKey: toHex(secret ?? new Uint8Array(0)),
    remoteStatic: toHex(side.remoteStatic ?? new Uint8Array(0)),
    psks: side.psks.map(toHex),
    payloads: side.payloads.map(toHex),
    steps: steps.map(mirror),
    tamperAt: side.tamperAt ?? -1
  }
}

/** What hushwire puts before the prologue of a channel that rekeys by itself: label | flags u8 | messages u64; hex. */
function rekeyPrologue (rekeyAfter: number): string {
  return `${toHex(new TextEncoder().encode('hushwire/noise/1'))}02${rekeyAfter.toString(16).padStart(16, '0')}`
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

function keypair (needed: Static): NoiseKeypair | undefined {
  return needed === 'none' ? undefined : new NoiseKeypair()
}
