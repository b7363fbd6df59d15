import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { ROOT } from '../support/root.js'

/** One line of `--json`, or of a relay's log. */
export type Line = Readonly<Record<string, unknown>> & { readonly event: string }

const PROGRAM = join(ROOT, 'dist/lib/cli/main.js')
const running = new Set<Run>()
const folders: string[] = []

/** Ends what a file of tests has begun. */
export function cleanUp (): void {
  for (const run of running) run.process.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
}

/** A folder that goes with the tests. */
export function temporaryFolder (): string {
  const folder = mkdtempSync(join(tmpdir(), 'hushwire-cli-'))
  folders.push(folder)
  return folder
}

/** A command that runs: what it writes, as it comes. */
export class Run {
  readonly process: ChildProcess
  /** The exit code, when everything it has written is here. */
  readonly ended: Promise<number | null>
  readonly lines: Line[] = []
  stdout = ''
  stderr = ''
  #over = false
  readonly #waiting = new Set<() => void>()

  constructor (args: readonly string[], { env = {}, input, cwd }: { env?: NodeJS.ProcessEnv, input?: string | undefined, cwd?: string } = {}) {
    this.process = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], ...env }, ...(cwd === undefined ? {} : { cwd }) })
    const { stdin, stdout, stderr } = this.process
    if (stdin === null || stdout === null || stderr === null) throw new Error('no pipes')
    stdin.on('error', () => {})
    if (input !== undefined) stdin.end(input)
    running.add(this)
    this.ended = once(this.process, 'close').then(([code]) => {
      this.#over = true
      running.delete(this)
      this.#changed()
      return code as number | null
    })
    for (const [stream, add] of [[stdout, (line: string) => { this.stdout += line }], [stderr, (line: string) => { this.stderr += line }]] as const) {
      createInterface(stream).on('line', line => {
        add(`${line}\n`)
        if (line.startsWith('{')) this.lines.push(JSON.parse(line) as Line)
        this.#changed()
      })
    }
  }

  /** Waits for a line of `--json`, or of the log of a relay. */
  async event (name: string, fits: (line: Line) => boolean = () => true): Promise<Line> {
    return this.until(() => this.lines.find(line => line.event === name && fits(line)), name)
  }

  /** Waits until there is something. */
  async until<T> (look: () => T | undefined | false, what: string): Promise<T> {
    for (;;) {
      const found = look()
      if (found !== undefined && found !== false) return found
      if (this.#over) throw new Error(`ended without ${what}: ${this.stdout}${this.stderr}`)
      await new Promise<void>(resolve => { this.#waiting.add(resolve) })
    }
  }

  type (text: string): void { this.process.stdin?.write(text) }

  stop (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal)
    return this.ended
  }

  #changed (): void {
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
  }
}

/** A relay in a process of its own, with its address; it can be killed and started again. */
export class TestRelay {
  readonly folder = temporaryFolder()
  #run: Run | undefined
  #port = '0'
  #address = ''

  static async start (kind: 'tcp' | 'websocket' = 'tcp', args: readonly string[] = []): Promise<TestRelay> {
    const relay = new TestRelay()
    await relay.start(kind, args)
    return relay
  }

  get address (): string { return this.#address }

  async start (kind: 'tcp' | 'websocket' = 'tcp', args: readonly string[] = []): Promise<void> {
    this.#run = new Run(['relay', `--${kind}`, this.#port, '--store', join(this.folder, 'store'), '--identity', join(this.folder, 'identity'), ...args], { cwd: this.folder })
    const line = await this.#run.event('listening')
    this.#address = String(line['address'])
    this.#port = new URL(this.#address).port
  }

  async stop (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> { await this.#run?.stop(signal) }

  /** What another command of the relay prints. */
  async ask (command: string): Promise<string> {
    const run = new Run(['relay', command, '--store', join(this.folder, 'store'), '--identity', join(this.folder, 'identity')], { cwd: this.folder })
    if (await run.ended !== 0) throw new Error(run.stderr)
    return run.stdout.trim()
  }
}

/** Somebody with folders of their own. */
export class User {
  readonly folder = temporaryFolder()

  get env (): NodeJS.ProcessEnv {
    return { HOME: this.folder, XDG_CONFIG_HOME: join(this.folder, 'config'), XDG_DATA_HOME: join(this.folder, 'data') }
  }

  /** Starts a command. */
  start (args: readonly string[], { env = {}, input }: { env?: NodeJS.ProcessEnv, input?: string } = {}): Run {
    return new Run(args, { env: { ...this.env, ...env }, input, cwd: this.folder })
  }

  /** Runs a command to its end. */
  async run (args: readonly string[], options: { env?: NodeJS.ProcessEnv, input?: string } = {}): Promise<Run & { code: number | null }> {
    const run = this.start(args, { input: '', ...options })
    return Object.assign(run, { code: await run.ended })
  }
}

/** Two who have paired, by their names. */
export async function pairOf (relay: TestRelay, names: readonly [string, string] = ['alice', 'bob']): Promise<[User, User]> {
  const [one, other] = [new User(), new User()]
  await one.run(['id', 'new', '--relay', relay.address, '--name', names[0]])
  await meet(one, other, names[1])
  return [one, other]
}

/** Pairs somebody who has a profile with somebody who may have none yet. */
export async function meet (one: User, other: User, name: string): Promise<void> {
  const shows = one.start(['pair', '--json'])
  const { offer } = await shows.event('offer')
  const answers = await other.run(['pair', String(offer), '--as', name, '--json'])
  if (answers.code !== 0 || await shows.ended !== 0) throw new Error(`${answers.stdout}${answers.stderr}${shows.stdout}${shows.stderr}`)
}
