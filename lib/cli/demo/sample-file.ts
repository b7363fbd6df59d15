import { randomFillSync } from 'node:crypto'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { codeOf } from './failure.js'
import { demoError } from './errors.js'

/** Bytes of the generated file. */
export const GENERATED_BYTES = 67_108_864
const BLOCK = 1_048_576

/** The file that is sent. */
export interface DemoFile {
  readonly path: string
  readonly bytes: number
  readonly generated: boolean
  /** Removes it where it was generated. */
  remove(): Promise<void>
}

/** The caller's file. @throws ERR_DEMO_FILE */
export async function givenFile (path: string): Promise<DemoFile> {
  try {
    const about = await stat(path)
    if (!about.isFile()) throw demoError('ERR_DEMO_FILE', `${path} is no file`)
    const file = await open(path)
    await file.close()
    return { path, bytes: about.size, generated: false, remove: () => Promise.resolve() }
  } catch (error) {
    if (codeOf(error) === 'ERR_DEMO_FILE') throw error
    throw demoError('ERR_DEMO_FILE', `${path} (${codeOf(error)})`, error)
  }
}

/** A temporary file, a mebibyte of text and one of random bytes in turn. */
export async function generatedFile (bytes: number): Promise<DemoFile> {
  const folder = await mkdtemp(join(tmpdir(), 'hushwire-demo-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  const path = join(folder, 'mixed.bin')
  try {
    const file = await open(path, 'wx', 0o600)
    const block = Buffer.alloc(BLOCK)
    for (let at = 0; at < bytes; at += BLOCK) {
      if (at / BLOCK % 2 === 0) fillWithText(block, at)
      else randomFillSync(block)
      await file.write(block, 0, Math.min(BLOCK, bytes - at))
    }
    await file.close()
  } catch (error) {
    await remove()
    throw error
  }
  return { path, bytes, generated: true, remove }
}

function fillWithText (block: Buffer, offset: number): void {
  let at = 0
  for (let line = 0; at < block.byteLength; line++) {
    const number = Math.imul(offset / BLOCK * 20_000 + line, 2_654_435_761) >>> 0
    at += block.write(`{"line":${line},"block":${offset / BLOCK},"mark":"${number.toString(16)}","text":"nobody but Bob should read this"}\n`, at)
  }
}
