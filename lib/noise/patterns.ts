/**
 * What a handshake message does, one step: send a key (`e`, `s`, and `e1` of the KEM), mix an agreement of the
 * initiator's key with the responder's (`ee` to `ss`), mix a pre-shared key, or encapsulate a secret to `e1` (`ekem1`).
 */
export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk' | 'e1' | 'ekem1'

/** A handshake pattern: whose static keys are known before, and the steps of each message; the initiator's is first. */
export interface Pattern {
  /** The responder knows the initiator's static key before the first message. */
  readonly initiatorKnown?: true
  /** The initiator knows the responder's static key before the first message. */
  readonly responderKnown?: true
  readonly messages: ReadonlyArray<readonly Token[]>
}

/** The pattern for two ends that do not know each other; by itself, for who needs no other one. */
export const XX = { messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']] } as const satisfies Pattern
/** The pattern for an initiator that knows the responder; by itself, for who needs no other one. */
export const IK = { responderKnown: true, messages: [['e', 'es', 's', 'ss'], ['e', 'ee', 'se']] } as const satisfies Pattern

/** The one-way pattern for one message to a known responder, from a sender that proves its static key; by itself, for who needs no other one. */
export const X = { responderKnown: true, messages: [['e', 'es', 's', 'ss']] } as const satisfies Pattern

/**
 * The fundamental patterns of the Noise Protocol Framework, revision 34, sections 7.4 and 7.5. A pattern of one
 * message is one-way.
 */
export const PATTERNS = {
  N: { responderKnown: true, messages: [['e', 'es']] },
  K: { initiatorKnown: true, responderKnown: true, messages: [['e', 'es', 'ss']] },
  X,
  NN: { messages: [['e'], ['e', 'ee']] },
  NK: { responderKnown: true, messages: [['e', 'es'], ['e', 'ee']] },
  NX: { messages: [['e'], ['e', 'ee', 's', 'es']] },
  KN: { initiatorKnown: true, messages: [['e'], ['e', 'ee', 'se']] },
  KK: { initiatorKnown: true, responderKnown: true, messages: [['e', 'es', 'ss'], ['e', 'ee', 'se']] },
  KX: { initiatorKnown: true, messages: [['e'], ['e', 'ee', 'se', 's', 'es']] },
  XN: { messages: [['e'], ['e', 'ee'], ['s', 'se']] },
  XK: { responderKnown: true, messages: [['e', 'es'], ['e', 'ee'], ['s', 'se']] },
  XX,
  IN: { messages: [['e', 's'], ['e', 'ee', 'se']] },
  IK,
  IX: { messages: [['e', 's'], ['e', 'ee', 'se', 's', 'es']] }
} as const satisfies Readonly<Record<string, Pattern>>

/** A name of {@link PATTERNS}. */
export type PatternName = keyof typeof PATTERNS
