import test from 'ava'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Duplex } from '../../../lib/stream/index.js'
import { dialTcp, type ClientTls } from '../../../lib/transport/tcp.js'
import { dialWebSocket } from '../../../lib/transport/websocket.js'
import { RawClient } from '../../relay/raw.js'
import { ROOT } from '../../support/root.js'

interface Told { event: string, level?: string, host?: string, port?: number, url?: string, id?: string, publicKey?: string, transport?: string, code?: string, message?: string, advice?: string, address?: string, cause?: string }

/** A relay's command that runs: what it tells on stderr, what it writes to stdout. */
export class Run {
  readonly process: ChildProcess
  readonly told: Told[] = []
  readonly ended: Promise<number | null>
  stderr = ''
  stdout = ''
  #waiting: Array<() => void> = []

  /** @param first - what a shell does before it becomes the relay */
  constructor (args: readonly string[], { first }: { first?: string } = {}) {
    const relay = [process.execPath, join(ROOT, 'dist/lib/cli/main.js'), 'relay', ...args]
    const [command = '', ...rest] = first === undefined ? relay : ['bash', '-c', `${first}; exec "$0" "$@"`, ...relay]
    this.process = spawn(command, rest, { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder })
    this.ended = once(this.process, 'close').then(([code]) => code as number | null)
    void this.ended.then(() => { this.#changed() })
    this.process.stdout?.on('data', (bytes: Buffer) => { this.stdout += bytes.toString('utf8') })
    if (this.process.stderr === null) throw new Error('no stderr')
    createInterface(this.process.stderr).on('line', line => {
      this.stderr += `${line}\n`
      if (line.startsWith('{')) this.told.push(JSON.parse(line) as Told)
      this.#changed()
    })
    running.add(this)
  }

  /** Waits for what it tells. */
  async event (name: string, fits: (told: Told) => boolean = () => true): Promise<Told> {
    for (;;) {
      const found = this.told.find(told => told.event === name && fits(told))
      if (found !== undefined) return found
      if (this.process.exitCode !== null || this.process.signalCode !== null) throw new Error(`ended without ${name}: ${this.stderr}`)
      await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    }
  }

  /** A client that has said hello. */
  async join (transport: 'tcp' | 'websocket', { tls, invite }: { tls?: ClientTls, invite?: Uint8Array } = {}): Promise<RawClient> {
    const { port = 0, url = '', publicKey = '' } = await this.event('listening', told => told.transport === transport)
    const duplex: Duplex = transport === 'tcp' ? await dialTcp({ port, tls }) : await dialWebSocket(url, { tls })
    const client = await RawClient.connect({ duplex, relayKey: Buffer.from(publicKey, 'base64url') })
    await client.hello(invite)
    return client
  }

  async page (path: string, init?: RequestInit): Promise<[number, string]> {
    const { port } = await this.event('metrics')
    const response = await fetch(`http://127.0.0.1:${port}${path}`, init)
    return [response.status, await response.text()]
  }

  stop (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.process.kill(signal)
    return this.ended
  }

  #changed (): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

const running = new Set<Run>()
/** Where everything of a test file is kept. */
export const folder = await mkdtemp(join(tmpdir(), 'hushwire-relay-'))
test.after.always(async () => {
  for (const { process: child } of running) child.kill('SIGKILL')
  await rm(folder, { recursive: true })
})
let stores = 0
/** Flags for a store of its own and the one identity. */
export const fresh = (): string[] => ['--store', join(folder, `store${++stores}`), '--identity', join(folder, 'identity')]
