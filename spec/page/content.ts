import type { SourceFile } from '../../lib/files/index.js'

/** A file of bytes that differ from place to place. */
export interface TestFile {
  readonly name: string
  readonly mimeType: string
  readonly buffer: Buffer
}

export function fileOf (name: string, size: number): TestFile {
  const buffer = Buffer.alloc(size)
  for (let at = 0; at < size; at++) buffer[at] = at * 31 + (at >> 8) + (at >> 16)
  return { name, mimeType: 'text/html', buffer }
}

/** The same, to be sent from Node. */
export function sourceOf ({ name, buffer }: TestFile, path = name): SourceFile {
  return { path, size: buffer.byteLength, modified: 1_700_000_000_000, async * open (from) { for (let at = from; at < buffer.byteLength; at += 65_536) yield buffer.subarray(at, at + 65_536) } }
}
