import { build } from 'esbuild'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ROOT } from '../support/root.js'
import { forBrowsers } from './bundle.js'

/** A file of the page, measured. */
export interface PageFile {
  readonly name: string
  readonly bytes: number
  readonly gzip: number
}

const FOLDER = join(ROOT, 'dist/lib/page/assets')
const STATIC = join(ROOT, 'lib/page/static')

/** Bundles the page; names of what never changes have a hash in them, and the page names them so. */
export async function buildPage (): Promise<{ readonly files: readonly PageFile[], readonly inputs: readonly string[] }> {
  const script = await build({ ...forBrowsers, minify: true, metafile: true, entryPoints: [join(ROOT, 'dist/lib/page/app/main.js')] })
  const style = await build({ ...forBrowsers, minify: true, entryPoints: [join(STATIC, 'style.css')] })
  const contents = new Map<string, Uint8Array>()
  const named = (name: string, bytes: Uint8Array): string => {
    const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 8).toUpperCase()
    const full = `${basename(name, extname(name))}-${hash}${extname(name)}`
    contents.set(full, bytes)
    return full
  }
  const names = {
    script: named('page.js', script.outputFiles[0]?.contents ?? new Uint8Array()),
    style: named('style.css', style.outputFiles[0]?.contents ?? new Uint8Array()),
    icon: named('icon.svg', readFileSync(join(STATIC, 'icon.svg')))
  }
  const page = readFileSync(join(STATIC, 'index.html'), 'utf8').replace(/\{(script|style|icon)\}/g, (_, name: keyof typeof names) => names[name])
  contents.set('index.html', new TextEncoder().encode(page))
  // at once, since a relay may start meanwhile
  const [fresh, old] = [`${FOLDER}.${process.pid}.new`, `${FOLDER}.${process.pid}.old`]
  mkdirSync(fresh, { recursive: true })
  for (const [name, bytes] of contents) writeFileSync(join(fresh, name), bytes)
  try {
    renameSync(FOLDER, old)
  } catch {
    // the first build
  }
  renameSync(fresh, FOLDER)
  rmSync(old, { recursive: true, force: true })
  return {
    files: [...contents].map(([name, bytes]) => ({ name, bytes: bytes.byteLength, gzip: gzipSync(bytes, { level: 9 }).byteLength })),
    inputs: Object.keys(script.metafile.inputs)
  }
}
