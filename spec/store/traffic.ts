import { pattern } from '../support/sources.js'

/** Who writes, and to whom. */
export const SENDERS: readonly Uint8Array[] = [new Uint8Array(16).fill(1), new Uint8Array(16).fill(2), new Uint8Array(16).fill(3)]
export const RECIPIENT: Uint8Array = new Uint8Array(16).fill(9)

/** The id of a sender's message. */
export function idOf (number: number): Uint8Array {
  const id = new Uint8Array(16)
  new DataView(id.buffer).setUint32(0, number + 1)
  return id
}

/** Its length: of one part, of several, or of none. */
export function lengthOf (sender: number, number: number): number {
  return number % 7 === 0 ? 0 : (number * 997 + sender * 131) % (number % 5 === 0 ? 20_000 : 2000)
}

/** Its body, in chunks. */
export async function * bodyOf (sender: number, number: number): AsyncGenerator<Uint8Array, void> {
  const bytes = contentOf(sender, number)
  for (let at = 0; at < bytes.byteLength; at += 1300) yield bytes.subarray(at, at + 1300)
}

/** The same in one piece: it begins somewhere else in each message. */
export function contentOf (sender: number, number: number): Uint8Array {
  const start = number * 31 + sender * 7
  return pattern(start % 251 + lengthOf(sender, number)).subarray(start % 251)
}
