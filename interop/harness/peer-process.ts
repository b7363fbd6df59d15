import { spawn, type ChildProcess } from 'node:child_process'
import { deferred, ignore } from '../../lib/stream/index.js'
import { listenTcp, type TcpConnection } from '../../lib/transport/tcp.js'

/** What a peer said and how it ended. */
export interface Ending {
  readonly code: number
  /** The last line of its standard output, parsed. */
  readonly report: unknown
}

/** Most that is kept of what a peer prints, in characters. */
const MAX_OUTPUT = 1_048_576

/** A running peer, and the connection that it has made to us. */
export class PeerProcess {
  readonly #child: ChildProcess
  readonly #over: Promise<Ending>
  readonly #connected = deferred<TcpConnection>({ handled: true })
  #connection: TcpConnection | undefined
  #running = true

  private constructor (child: ChildProcess) {
    this.#child = child
    this.#over = this.#watch()
    this.#over.catch(ignore)
  }

  /** Starts the program and waits until it has connected to us. */
  static async start (program: string, configuration: object, signal: AbortSignal, started: (peer: PeerProcess) => void): Promise<PeerProcess> {
    signal.throwIfAborted()
    const first = deferred<TcpConnection>({ handled: true })
    const listener = await listenTcp({ maxConnections: 1, signal }, first.resolve)
    try {
      const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'pipe'] })
      const peer = new PeerProcess(child)
      started(peer)
      child.stdin?.on('error', ignore)
      child.stdin?.end(`${JSON.stringify({ ...configuration, port: listener.port })}\n`)
      first.promise.then(peer.#connected.resolve, peer.#connected.reject)
      peer.#over.then(({ report }) => { peer.#connected.reject(new Error(`the peer ended before it connected: ${JSON.stringify(report)}`)) }, peer.#connected.reject)
      peer.#connection = await peer.#connected.promise
      return peer
    } finally {
      await listener.close()
    }
  }

  get connection (): TcpConnection {
    if (this.#connection === undefined) throw new Error('the peer has not connected')
    return this.#connection
  }

  /** True until the process is gone. */
  get running (): boolean {
    return this.#running
  }

  /** How it ended; rejects when it was killed, or has printed no report. */
  end (): Promise<Ending> {
    return this.#over
  }

  /** Ends the process and the connection, and waits until both are gone. */
  async kill (reason: Error): Promise<void> {
    this.#child.kill('SIGKILL')
    this.#connection?.abort(reason)
    await this.#over.catch(ignore)
    await this.#connection?.closed.catch(ignore)
  }

  #watch (): Promise<Ending> {
    const child = this.#child
    const output = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8')
      child[name]?.on('data', (text: string) => { output[name] = (output[name] + text).slice(-MAX_OUTPUT) })
    }
    return new Promise((resolve, reject) => {
      child.on('error', error => {
        this.#running = false
        reject(error)
      })
      child.on('close', (code, killedBy) => {
        this.#running = false
        const last = output.stdout.trimEnd().split('\n').at(-1) ?? ''
        try {
          if (code === null) throw new Error(`killed by ${killedBy ?? 'nobody'}`)
          resolve({ code, report: JSON.parse(last) as unknown })
        } catch (error) {
          reject(new Error(`the peer ended with ${code ?? killedBy ?? 'nothing'} and no report: ${last.slice(0, 200)} ${output.stderr.slice(-1000)}`.trim(), { cause: error }))
        }
      })
    })
  }
}
