import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Peer, ToolchainName } from './peer.js'

/** The folder interop/ with the sources. Compiled, this file is in dist/interop/harness. */
const INTEROP = resolve(import.meta.dirname, '../../../interop')
const BUILD = join(INTEROP, '.build')

/** What became of the build of a peer. */
export type Built =
  | { readonly state: 'ready', readonly program: string }
  /** Not our fault and not the peer's: nothing was run, and the reason is named. */
  | { readonly state: 'left-out', readonly reason: string }
  | { readonly state: 'failed', readonly reason: string }

interface Command {
  readonly file: string
  readonly args: readonly string[]
  /** Milliseconds. */
  readonly timeout: number
}

interface Toolchain {
  readonly version: Command
  /** Gets the dependencies of the lock file. The only step that uses the network. */
  readonly fetch: Command
  build(peer: string): Command
  program(peer: string): string
  readonly environment: Readonly<Record<string, string>>
}

const FETCH_TIMEOUT = 120_000
const BUILD_TIMEOUT = 300_000

const TOOLCHAINS: Readonly<Record<ToolchainName, Toolchain>> = {
  go: {
    version: { file: 'go', args: ['version'], timeout: 10_000 },
    fetch: { file: 'go', args: ['mod', 'download'], timeout: FETCH_TIMEOUT },
    build: peer => ({ file: 'go', args: ['build', '-mod=readonly', '-trimpath', '-o', programOf(join(BUILD, 'go'), peer), '.'], timeout: BUILD_TIMEOUT }),
    program: peer => programOf(join(BUILD, 'go'), peer),
    environment: { GOFLAGS: '-buildvcs=false', CGO_ENABLED: '0' }
  },
  cargo: {
    version: { file: 'cargo', args: ['--version'], timeout: 10_000 },
    fetch: { file: 'cargo', args: ['fetch', '--locked'], timeout: FETCH_TIMEOUT },
    build: () => ({ file: 'cargo', args: ['build', '--release', '--locked', '--offline', '--quiet'], timeout: BUILD_TIMEOUT }),
    program: peer => programOf(join(BUILD, 'cargo/release'), peer),
    environment: { CARGO_TARGET_DIR: join(BUILD, 'cargo') }
  }
}

const UNREACHABLE = /dial tcp|no such host|connection (refused|reset|timed out)|network is unreachable|i\/o timeout|TLS handshake timeout|could ?n[o']t (resolve|connect)|could not connect|failed to (connect|resolve)|spurious network error|timeout was reached|operation timed out|proxyconnect|\b50[234]\b/i

/** What they say when they are older than a peer needs. */
const TOO_OLD = /requires (go|rustc) |invalid go version|does not understand this lock file|feature `edition\d+` is required/i

/** True for what Go and Cargo say when they are too old. */
export function saysTooOld (text: string): boolean {
  return TOO_OLD.test(text)
}

/** True for what Go, Cargo and the programs they call say when a registry cannot be reached, as against a wrong lock file. */
export function saysUnreachable (text: string): boolean {
  return UNREACHABLE.test(text)
}

/** Builds a peer. Never rejects. */
export async function build (peer: Peer, signal: AbortSignal): Promise<Built> {
  const toolchain = TOOLCHAINS[peer.toolchain]
  const run = (command: Command): Promise<Outcome> => execute(command, join(INTEROP, peer.name), toolchain.environment, signal)
  mkdirSync(BUILD, { recursive: true })
  const version = await run(toolchain.version)
  if (version.missing) return { state: 'left-out', reason: `${peer.toolchain} is not installed` }
  if (!version.ok) return { state: 'failed', reason: version.text }
  const fetched = await run(toolchain.fetch)
  if (signal.aborted) return { state: 'left-out', reason: 'stopped' }
  if (!fetched.ok && (fetched.late || saysUnreachable(fetched.text))) return { state: 'left-out', reason: `its registry cannot be reached: ${lastLine(fetched.text)}` }
  if (!fetched.ok) return saysTooOld(fetched.text) ? tooOld(version, fetched) : { state: 'failed', reason: fetched.text }
  const built = await run(toolchain.build(peer.name))
  if (signal.aborted) return { state: 'left-out', reason: 'stopped' }
  if (!built.ok && saysTooOld(built.text)) return tooOld(version, built)
  if (!built.ok) return { state: 'failed', reason: built.late ? `the build took more than ${BUILD_TIMEOUT / 1000} s` : built.text }
  return { state: 'ready', program: toolchain.program(peer.name) }
}

function tooOld (version: Outcome, { text }: Outcome): Built {
  return { state: 'left-out', reason: `${version.text} is too old: ${lastLine(text)}` }
}

interface Outcome {
  readonly ok: boolean
  readonly missing: boolean
  readonly late: boolean
  readonly text: string
}

/** Runs a command in a group of its own, so that at the end of its time its children end with it. */
function execute ({ file, args, timeout }: Command, cwd: string, environment: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Outcome> {
  return new Promise(resolve => {
    const child = spawn(file, args, { cwd, env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let text = ''
    let late = false
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (part: string) => { text = (text + part).slice(-4000) })
    const killGroup = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // it has ended by itself meanwhile
      }
    }
    const timer = setTimeout(() => { late = true; killGroup() }, timeout)
    signal.addEventListener('abort', killGroup, { once: true })
    const done = (outcome: Omit<Outcome, 'late' | 'text'>, more = ''): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', killGroup)
      resolve({ ...outcome, late, text: `${text}${more}`.trim() })
    }
    child.on('error', (error: NodeJS.ErrnoException) => { done({ ok: false, missing: error.code === 'ENOENT' }, error.message) })
    child.on('close', code => { done({ ok: code === 0, missing: false }) })
  })
}

function programOf (folder: string, peer: string): string {
  return join(folder, process.platform === 'win32' ? `${peer}.exe` : peer)
}

function lastLine (text: string): string {
  return text.split('\n').at(-1) ?? ''
}
