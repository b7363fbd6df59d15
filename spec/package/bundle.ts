import { build, type BuildOptions } from 'esbuild'
import { gzipSync } from 'node:zlib'
import { ROOT } from '../support/root.js'

/** A bundle for browsers, measured. */
export interface Bundle {
  /** Bytes, minified. */
  readonly minified: number
  /** Bytes, minified and compressed. */
  readonly gzip: number
  /** What is in it and must not be: modules of Node, servers, the terminal. */
  readonly foreign: readonly string[]
}

/** What has no place in a browser. */
const FOREIGN = /(^|\/)node_modules\/(ws|libsql|commander|cli-progress)\/|(^|\/)dist\/lib\/(cli|relay\/(server|metrics)|store\/sqlite|transport\/(tcp|dial-tcp-node|websocket-server|websocket-node)|(crypto|zlib)\/node)\b/

/** Options of every bundle for browsers: a module of Node cannot be resolved, so that one fails the build. */
export const forBrowsers = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'browser',
  format: 'esm',
  target: 'es2022',
  logLevel: 'silent',
  write: false
} as const satisfies BuildOptions

/** Bundles everything that an entry point exports, as an application that uses all of it would. */
export async function bundle (entry: string): Promise<Bundle> {
  const result = await build({
    ...forBrowsers,
    minify: true,
    metafile: true,
    stdin: { contents: `export * from 'hushwire/${entry}'`, resolveDir: ROOT }
  })
  const bytes = result.outputFiles[0]?.contents ?? new Uint8Array()
  const inputs = Object.entries(result.metafile.outputs).flatMap(([, output]) => Object.entries(output.inputs))
  return {
    minified: bytes.byteLength,
    gzip: gzipSync(bytes, { level: 9 }).byteLength,
    foreign: inputs.filter(([path, { bytesInOutput }]) => FOREIGN.test(path) && bytesInOutput > 0).map(([path]) => path)
  }
}
