import { messageOf } from '../errors.js'
import { chatSecrets, LINES } from './chat.js'
import { Child, type ProcessFailure } from './child.js'
import { demoError } from './errors.js'
import { demoCode } from './failure.js'
import type { MemoryUse } from './memory-use.js'
import type { FileSeen, ProcessName, RelaySight, Report } from './orders.js'
import type { DemoFile } from './sample-file.js'
import { sampleFile } from './secrets.js'

/** Milliseconds that processes have to end by themselves, above what closing a link may take; then they are told to, then killed. */
const GRACE = 12_000
const LAST_GRACE = 5000

/** What the demonstration tells while it runs. */
export interface Narrator {
  stage(text: string): void
  line(from: string, text: string): void
  progress(bytes: number, total: number): void
  /** The pids, for who watches from outside. */
  processes(stage: string, pids: Readonly<Record<ProcessName, number>>): void
}

/** Everything that was measured. Parts are missing where it did not come to them. */
export interface Outcome {
  readonly ok: boolean
  readonly file: { readonly bytes: number, readonly generated: boolean, readonly sent?: FileSeen, readonly received?: FileSeen }
  readonly mebibytesPerSecond?: number
  /** The Noise protocol of the clients' links. */
  readonly protocol?: string
  /** Lines of the chat that arrived as they were sent. */
  readonly chat: { readonly lines: number, readonly arrived: number }
  readonly relay?: RelaySight
  readonly memory: Partial<Record<ProcessName, MemoryUse>>
  readonly failures: readonly ProcessFailure[]
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Runs relay, Alice and Bob as processes of their own, and compares what they say. */
export class Demonstration {
  readonly #file: DemoFile
  readonly #narrator: Narrator
  readonly #children: Readonly<Record<ProcessName, Child>>
  readonly #failures: ProcessFailure[] = []
  readonly #memory: Partial<Record<ProcessName, MemoryUse>> = {}
  readonly #chat = { lines: LINES.length * 2, arrived: 0 }
  #seen: { sent?: FileSeen, received?: FileSeen } = {}
  #sight: RelaySight | undefined
  #protocol: string | undefined
  readonly #postQuantum: boolean
  /** True once both clients are with the relay. */
  #linked = false

  /** @param postQuantum - every handshake is hybrid, with the relay and between the clients */
  constructor (file: DemoFile, narrator: Narrator, postQuantum: boolean) {
    this.#postQuantum = postQuantum
    this.#file = file
    this.#narrator = narrator
    const client = new URL('./client-process.js', import.meta.url)
    this.#children = {
      relay: new Child('relay', new URL('./relay-process.js', import.meta.url)),
      alice: new Child('alice', client),
      bob: new Child('bob', client)
    }
    for (const child of Object.values(this.#children)) child.onFailure = failure => { this.#failures.push(failure) }
    this.#children.bob.onProgress = bytes => { narrator.progress(bytes, file.bytes) }
  }

  /** @param options - milliseconds for the whole; `signal` stops it */
  async run (options: { timeout: number, signal: AbortSignal }): Promise<Outcome> {
    const onAbort = (): void => { this.#stop('ERR_DEMO_STOPPED') }
    const timer = setTimeout(() => { this.#stop('ERR_DEMO_TIMEOUT') }, options.timeout)
    options.signal.addEventListener('abort', onAbort, { once: true })
    try {
      await this.#play()
    } catch (error) {
      // a process that has failed is in the list already; anything else is ours
      if (this.#failures.length === 0) this.#failures.push({ process: 'demo', code: demoCode(error), message: messageOf(error) })
      // over the wire they learn of each other's end, but only once they are on it
      if (!this.#linked || this.#failures.some(({ process }) => process === 'demo')) onAbort()
    } finally {
      await this.#allExited()
      clearTimeout(timer)
      options.signal.removeEventListener('abort', onAbort)
    }
    return this.#outcome()
  }

  async #play (): Promise<void> {
    const { relay, alice, bob } = this.#children
    await Promise.all([relay.next('started'), alice.next('started'), bob.next('started')])
    this.#tell('started')
    const secrets = [...chatSecrets(), ...await sampleFile(this.#file.path)]
    relay.order({ type: 'relay', secrets: secrets.map(secret => Buffer.from(secret).toString('base64')), postQuantum: this.#postQuantum })
    const { port, relayKey } = await relay.next('listening')
    this.#narrator.stage(`the relay listens on port ${port}`)
    for (const client of [alice, bob]) client.order({ type: 'connect', port, relayKey, postQuantum: this.#postQuantum })
    const [{ id: aliceId, protocol }, { id: bobId }] = await Promise.all([alice.next('connected'), bob.next('connected')])
    this.#protocol = protocol
    this.#narrator.stage(`the links are ${protocol}`)
    this.#narrator.stage(`Alice is ${aliceId}`)
    this.#narrator.stage(`Bob is ${bobId}`)
    this.#linked = true
    this.#tell('connected')
    bob.order({ type: 'receive', peer: aliceId })
    alice.order({ type: 'send', peer: bobId, file: this.#file.path })
    await this.#listen()
    this.#tell('talked')
    const [{ file: sent }, { file: received }] = await Promise.all([alice.next('file'), bob.next('file')])
    this.#seen = { sent, received }
    if (!this.#same()) throw demoError('ERR_DEMO_DIFFERENT', 'the file, or it changed while it was sent')
    this.#narrator.progress(received.bytes, this.#file.bytes)
    for (const client of [alice, bob]) client.order({ type: 'finish' })
    this.#memory.alice = (await alice.next('ended')).memory
    this.#memory.bob = (await bob.next('ended')).memory
    relay.order({ type: 'finish' })
    const last: Extract<Report, { type: 'ended' }> = await relay.next('ended')
    this.#memory.relay = last.memory
    this.#sight = last.sight
  }

  async #listen (): Promise<void> {
    const { alice, bob } = this.#children
    for (const [line, answer] of LINES) {
      this.#heard('Alice', line, (await bob.next('chat')).text)
      this.#heard('Bob', answer, (await alice.next('chat')).text)
    }
  }

  #heard (from: string, said: string, heard: string): void {
    if (said !== heard) throw demoError('ERR_DEMO_DIFFERENT', 'a line of the chat')
    this.#chat.arrived++
    this.#narrator.line(from, heard)
  }

  #tell (stage: string): void {
    const { relay, alice, bob } = this.#children
    this.#narrator.processes(stage, { relay: relay.pid, alice: alice.pid, bob: bob.pid })
  }

  #stop (code: 'ERR_DEMO_TIMEOUT' | 'ERR_DEMO_STOPPED'): void {
    for (const child of Object.values(this.#children)) child.order({ type: 'stop', code })
  }

  /** They end by themselves; who has to be told, or killed, counts as failed. */
  async #allExited (): Promise<void> {
    const children = Object.values(this.#children)
    const stopping = setTimeout(() => { this.#stop('ERR_DEMO_STOPPED') }, GRACE)
    const killing = setTimeout(() => { for (const child of children) child.kill() }, GRACE + LAST_GRACE)
    await Promise.all(children.map(child => child.exited))
    clearTimeout(stopping)
    clearTimeout(killing)
  }

  #outcome (): Outcome {
    const { sent, received } = this.#seen
    const sight = this.#sight
    const outcome: Mutable<Outcome> = {
      ok: this.#failures.length === 0 && this.#chat.arrived === this.#chat.lines && this.#same() && sight?.found === 0 && sight.canFind,
      file: { bytes: this.#file.bytes, generated: this.#file.generated, ...this.#seen },
      chat: this.#chat,
      memory: this.#memory,
      failures: this.#failures
    }
    if (sight !== undefined) outcome.relay = sight
    if (this.#protocol !== undefined) outcome.protocol = this.#protocol
    if (sent !== undefined && received !== undefined) outcome.mebibytesPerSecond = received.bytes / 1_048_576 / sent.seconds
    return outcome
  }

  #same (): boolean {
    const { sent, received } = this.#seen
    return sent !== undefined && sent.sha256 === received?.sha256 && sent.bytes === received.bytes && sent.bytes === this.#file.bytes
  }
}
