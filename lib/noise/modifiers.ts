import { PATTERNS, type Pattern, type Token } from './patterns.js'

/**
 * The pattern with a `psk` token (section 9.4): before everything for 0, else at the end of that message, counted
 * from 1.
 *
 * @returns undefined when the pattern has no such message
 */
function withPsk (pattern: Pattern, position: number): Pattern | undefined {
  if (position > pattern.messages.length) return undefined
  const messages = pattern.messages.map((tokens, index): readonly Token[] => {
    if (position === 0 && index === 0) return ['psk', ...tokens]
    return index === position - 1 ? [...tokens, 'psk'] : tokens
  })
  return { ...pattern, messages }
}

/**
 * The pattern with hybrid forward secrecy (Noise HFS, section 5): `e1` after the first `e`, or after the first
 * agreement of that message, so that it is encrypted; `ekem1` after `ee`.
 *
 * @returns undefined for a one-way pattern, where nobody answers to `e1`
 */
export function withHfs (pattern: Pattern): Pattern | undefined {
  if (pattern.messages.length === 1) return undefined
  const messages = pattern.messages.map((tokens, index) => {
    if (index > 0) return after(tokens, 'ee', 'ekem1')
    // `es` is the first agreement wherever a first message has one
    return after(tokens, tokens.includes('es') ? 'es' : 'e', 'e1')
  })
  return { ...pattern, messages }
}

/**
 * The pattern of a name such as `XX`, `XXhfs` or `XXhfs+psk0+psk3`: a fundamental one, and modifiers in alphabetical
 * order (section 8: they commute, so that only one order is a name).
 *
 * @returns undefined when a part is not known, comes twice or out of order, or does not apply to the pattern
 */
export function patternOf (name: string): Pattern | undefined {
  const [, base = '', rest = ''] = /^([A-Z]+)(.*)$/.exec(name) ?? []
  let pattern: Pattern | undefined = Object.hasOwn(PATTERNS, base) ? PATTERNS[base as keyof typeof PATTERNS] : undefined
  let last = ''
  for (const modifier of rest === '' ? [] : rest.split('+')) {
    if (pattern === undefined || modifier <= last) return undefined
    if (modifier === 'hfs') pattern = withHfs(pattern)
    else pattern = /^psk[0-9]$/.test(modifier) ? withPsk(pattern, Number(modifier.at(-1))) : undefined
    last = modifier
  }
  return pattern
}

function after (tokens: readonly Token[], place: Token, added: Token): readonly Token[] {
  return tokens.flatMap(token => token === place ? [token, added] : [token])
}
