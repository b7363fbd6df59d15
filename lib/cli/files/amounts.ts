import { amountOf } from '../../files/index.js'

/** Files and bytes for people. */
export function filesAmount (files: number, bytes: number): string {
  return `${files} ${files === 1 ? 'file' : 'files'}, ${amountOf(bytes)}`
}
