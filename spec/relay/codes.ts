import { asError } from '../../lib/stream/index.js'

/** The code that a promise rejects with. */
export async function codeOf (promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'resolved', (error: unknown) => (asError(error) as { code?: string }).code ?? String(error))
}
