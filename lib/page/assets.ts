import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { pageError } from './errors.js'

/** Where the build puts the files of the page. */
const FOLDER = fileURLToPath(new URL('./assets/', import.meta.url))
const START = 'index.html'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json'
}

/** A file as it is answered. */
export interface Asset {
  readonly type: string
  readonly bytes: Uint8Array
  readonly gzip: Uint8Array
  /** Weak, for it is the same with gzip and without. */
  readonly etag: string
  /** Its name has its hash, so that it never changes. */
  readonly immutable: boolean
}

/** @param name - with its hash, if it has one */
export function assetOf (name: string, bytes: Uint8Array): Asset {
  return {
    type: TYPES[extname(name)] ?? 'application/octet-stream',
    bytes,
    gzip: gzipSync(bytes, { level: 9 }),
    etag: `W/"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`,
    immutable: /-[A-Z0-9]{8}\.[a-z]+$/.test(name)
  }
}

/** The files of the page by their paths. @throws ERR_PAGE_MISSING */
export function readAssets (folder: string = FOLDER): Map<string, Asset> {
  try {
    const assets = new Map(readdirSync(folder).map(name => [`/${name}`, assetOf(name, readFileSync(`${folder}/${name}`))]))
    const start = assets.get(`/${START}`)
    if (start === undefined) throw new Error(START)
    return assets.set('/', start)
  } catch (error) {
    throw pageError('ERR_PAGE_MISSING', folder, error)
  }
}
