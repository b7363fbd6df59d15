import { randomFillSync } from 'node:crypto'
import { mkdtemp, open, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { demoError } from './errors.js'
import { demoCode } from './failure.js'

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
    if (demoCode(error) === 'ERR_DEMO_FILE') throw error
    throw demoError('ERR_DEMO_FILE', `${path} (${demoCode(error)})`, error)
  }
}

/**
 * A temporary file, a mebibyte of text and one of random bytes in turn. Nothing of it stays where it fails or is stopped.
 * @throws ERR_DEMO_GENERATED, or the reason of the signal
 */
export async function generatedFile (bytes: number, signal: AbortSignal): Promise<DemoFile> {
  let folder: string | undefined
  const remove = async (): Promise<void> => { if (folder !== undefined) await rm(folder, { recursive: true, force: true }) }
  try {
    folder = await mkdtemp(join(tmpdir(), 'hushwire-demo-'))
    const path = join(folder, 'mixed.bin')
    await generate(path, bytes, signal)
    return { path, bytes, generated: true, remove }
  } catch (error) {
    await remove()
    if (signal.aborted) throw error
    throw demoError('ERR_DEMO_GENERATED', `${bytes} bytes in ${tmpdir()} (${demoCode(error)})`, error)
  }
}

async function generate (path: string, bytes: number, signal: AbortSignal): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    const block = Buffer.alloc(BLOCK)
    for (let at = 0; at < bytes; at += BLOCK) {
      signal.throwIfAborted()
      if (at / BLOCK % 2 === 0) fillWithText(block, at)
      else randomFillSync(block)
      await file.writeFile(block.subarray(0, bytes - at))
    }
  } finally {
    await file.close()
  }
}

function fillWithText (block: Buffer, offset: number): void {
  let at = 0
  for (let line = 0; at < block.byteLength; line++) {
    const number = Math.imul(offset / BLOCK * 20_000 + line, 2_654_435_761) >>> 0
    at += block.write(`{"line":${line},"block":${offset / BLOCK},"mark":"${number.toString(16)}","text":"nobody but Bob should read this"}\n`, at)
  }
}
