/** Kinds of the messages between the two clients. */
export const KINDS = {
  line: 1n,
  file: 2n,
  /** SHA-256 of the file, by who sent it. */
  digest: 3n,
  /** SHA-256 of what arrived, by who received it. */
  received: 4n
} as const

/** What Alice says, and what Bob answers. */
export const LINES: ReadonlyArray<readonly [alice: string, bob: string]> = [
  ['Hello Bob, it is Alice. Can anybody else read this?', 'Hello Alice. The relay carries it, and sees noise.'],
  ['Good. Grüße aus Köln, und 世界 🙂 arrives whole?', 'Every byte of it: 世界 🙂.'],
  ['Then I send you the file now.', 'I am ready, and I will check its SHA-256.']
]

/** Every line, as bytes. */
export function chatSecrets (): Uint8Array[] {
  return LINES.flat().map(line => new TextEncoder().encode(line))
}
