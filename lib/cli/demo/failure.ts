import { HushwireError } from '../../stream/index.js'

/** The code of an error, ours or the platform's. */
export function codeOf (error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : 'ERR_DEMO_UNEXPECTED'
}

/** What a person reads of an error. Only ours are sure to hold nothing secret. */
export function messageOf (error: unknown): string {
  if (error instanceof HushwireError) return error.message
  return error instanceof Error ? error.name : typeof error
}
