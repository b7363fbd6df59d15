import { codeOf } from '../../stream/index.js'

/** The code that is told for an error: its own, ours or the platform's, else ERR_DEMO_UNEXPECTED. */
export function demoCode (error: unknown): string {
  return codeOf(error) ?? 'ERR_DEMO_UNEXPECTED'
}
