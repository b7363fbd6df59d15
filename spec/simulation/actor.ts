import type { Uuid } from '../../lib/bytes/index.js'
import { identityFromSeed, type Identity } from '../../lib/nova/index.js'
import { connect, type ClientState, type IncomingStream, type MailOptions } from '../../lib/relay/index.js'
import { Disk } from './disk.js'
import { encodeLetter } from './content.js'
import { playOf, type Play } from './play.js'
import type { Process } from './process.js'
import type { Random } from './random.js'
import type { Setting } from './setting.js'
import { playSide } from './streams.js'
import { nameOf } from './tracker.js'

/** What may end a client by itself: its store. */
const ENDINGS: ReadonlySet<string> = new Set(['ERR_STORE_SPACE', 'ERR_STORE_CLOSED', 'killed'])
/** What a letter may be refused with. */
const REFUSALS: ReadonlySet<string> = new Set(['ERR_RELAY_QUOTA', 'ERR_RELAY_QUEUE', 'given up'])

/** Milliseconds that an answer is on its way at the most. */
const ANSWERED = 5000

/** Streams that a peer may open with an actor. An actor has room for as many to each of its peers, and no more. */
export const PEER_STREAMS = 4

/** Somebody with an identity and a disk, and one process after another. */
export class Actor {
  readonly index: number
  readonly name: string
  readonly identity: Identity
  readonly disk: Disk
  process: Process | undefined
  /** When the relay first knew it. */
  registered = Infinity
  /** While it is in the future, the application does not ask for the next message. */
  stalledUntil = 0
  readonly #world: Setting
  readonly #random: Random
  readonly #limits: Record<string, number>
  #processes = 0
  /** A disk has one process at a time. */
  #starting = false

  constructor (world: Setting, index: number) {
    this.#world = world
    this.index = index
    this.name = String.fromCharCode(97 + index)
    this.identity = identityFromSeed(new Uint8Array(32).fill(index + 1))
    const random = world.random.fork()
    this.#random = random
    this.disk = new Disk(world.clock, random.fork())
    this.#limits = {
      reconnectMin: random.int(1, 50),
      reconnectMax: random.int(50, 800),
      pingInterval: 2000,
      pingTimeout: 1500,
      requestTimeout: 4000,
      deliveryTimeout: 5000,
      openTimeout: 4000,
      streamCloseTimeout: 3000,
      maxUntaken: random.int(1, 8),
      maxOutstanding: random.int(1, 8),
      maxStreams: PEER_STREAMS * (world.size - 1),
      maxPeerStreams: PEER_STREAMS,
      prekeyTries: 1000
    }
  }

  /** A state of one of its processes. */
  #changed (process: string, state: ClientState): void {
    if (state.type === 'connected') this.registered = Math.min(this.registered, this.#world.clock.now)
    this.#world.note(`${process} is ${state.type}${'error' in state && state.error !== undefined ? `: ${nameOf(state.error)}` : ''}`)
  }

  get id (): Uuid { return this.identity.id }

  /** Starts a process, unless the disk does not let it. */
  async start (): Promise<void> {
    if (this.process !== undefined || this.#starting) return
    this.#starting = true
    await this.#start().finally(() => { this.#starting = false })
  }

  async #start (): Promise<void> {
    const { clock, host, network, tracker } = this.#world
    const name = `${this.name}${++this.#processes}`
    const store = this.disk.open()
    const stop = new AbortController()
    this.#world.note(`${name} starts`)
    const outcome = await tracker.track(`connect of ${name}`, connect({
      url: 'memory:',
      relay: host.identity.publicKey,
      identity: this.identity,
      store,
      accept: 'anyone',
      dial: () => network.dial(name),
      wait: false,
      signal: stop.signal,
      limits: this.#limits,
      prekeyLimits: { oneTime: 6, maxOneTime: 400 },
      linkLimits: { handshakeTimeout: 3000, closeTimeout: 1000 },
      peerLimits: { handshakeTimeout: 3000 },
      onRejected: ({ error }) => { this.#world.problem(`${name} rejected mail: ${nameOf(error)}`) },
      onState: state => { this.#changed(name, state) }
    }))
    if ('error' in outcome) {
      if (nameOf(outcome.error) !== 'ERR_STORE_SPACE') this.#world.problem(`${name} does not start: ${nameOf(outcome.error)}`)
      await clock.sleep(10)
      return
    }
    const process: Process = { name, client: outcome.value, store, stop, reason: undefined }
    this.process = process
    void this.#readMail(process)
    void this.#readStreams(process)
    void tracker.track(`closed of ${name}`, process.client.closed).then(result => {
      if ('error' in result && !ENDINGS.has(nameOf(result.error))) this.#world.problem(`${name} has ended: ${nameOf(result.error)}`)
      this.#over(process, 'error' in result ? result.error as Error : new Error('closed'))
    })
  }

  /** The process dies: nothing more of it is written. Whether its connections are reset, or vanish with the machine. */
  kill (vanish: boolean): void {
    const { process } = this
    if (process === undefined) return
    const { network, note } = this.#world
    note(`${process.name} is ${vanish ? 'gone with its machine' : 'killed'}`)
    const wires = [...network.wires].filter(({ owner }) => owner === process.name)
    for (const wire of wires) wire.freeze()
    process.store.kill()
    const reason = new Error('killed')
    this.#over(process, reason)
    process.stop.abort(reason)
    if (!vanish) for (const wire of wires) wire.cut()
  }

  /** Ends the process in order. */
  async close (): Promise<void> {
    const { process } = this
    if (process === undefined) return
    this.#world.note(`${process.name} closes`)
    await this.#world.tracker.track(`close of ${process.name}`, process.client.close())
    this.#over(process, new Error('closed'))
    process.store.kill()
  }

  /** Sends a letter, whose fate is noted in the ledger. */
  async send (to: Actor, length: number, options: MailOptions = {}): Promise<void> {
    const { process } = this
    if (process === undefined) return
    const { clock, ledger, note, problem, tracker } = this.#world
    const { number, letter } = ledger.send(this.index, to.index)
    const bytes = encodeLetter({ from: this.index, to: to.index, number, seed: number * 7 + this.index }, length)
    const outcome = await tracker.track(letter.name, process.client.peer(to.id).send(1n, bytes, options))
    const code = 'error' in outcome ? nameOf(outcome.error) : 'ok'
    if (code === 'ok') letter.sending = 'acknowledged'
    else if (REFUSALS.has(code) || code === 'ERR_RELAY_UNKNOWN_TARGET' && clock.now < to.registered + ANSWERED) letter.sending = 'refused'
    else letter.sending = 'abandoned'
    note(`${letter.name}, ${length} bytes: ${code}`)
    if (letter.sending !== 'abandoned' || ENDINGS.has(code) || code === 'ERR_RELAY_CLIENT_CLOSED') return
    if (process.reason === undefined) problem(`${letter.name} was refused at ${Math.floor(clock.now)}: ${code}`)
  }

  /** Opens a stream. @returns true when it came to its end without a failure */
  async open (to: Actor, plain = false): Promise<boolean> {
    const { process } = this
    if (process === undefined) return false
    const { note, plays, tracker } = this.#world
    const play = playOf(this.#random, plays.length, plain)
    plays.push(play)
    note(`${process.name} opens stream ${play.number} to ${to.name}`)
    const outcome = await tracker.track(`opening of stream ${play.number}`, process.client.peer(to.id).open(BigInt(play.number)))
    if ('value' in outcome) return playSide(this.#world, process, outcome.value, play, 0)
    note(`stream ${play.number} does not open: ${nameOf(outcome.error)}`)
    return false
  }

  async #readMail (process: Process): Promise<void> {
    const { clock, ledger, note, pause, problem } = this.#world
    const reader = process.client.messages[Symbol.asyncIterator]()
    for (;;) {
      ledger.asked(process)
      const result = await this.#world.tracker.track(`messages of ${process.name}`, reader.next())
      // what the dead still read is nobody's
      if (process.reason !== undefined || 'error' in result || result.value.done === true) return
      ledger.done(process)
      const { from, bytes, taken } = result.value.value
      const sender = this.#world.actors.find(({ id }) => Buffer.compare(id, from.id) === 0)
      note(`${process.name} gets ${ledger.handed(this.index, process, sender?.index, bytes)}`)
      await pause()
      while (clock.now < this.stalledUntil) await clock.sleep(this.stalledUntil - clock.now)
      if (!this.#random.chance(0.3)) continue
      if (process.reason !== undefined) return
      ledger.asked(process)
      const written = await this.#world.tracker.track(`taken() of ${process.name}`, taken())
      if (process.reason === undefined && 'value' in written) ledger.done(process)
      else if ('error' in written && !ENDINGS.has(nameOf(written.error)) && nameOf(written.error) !== 'ERR_RELAY_CLIENT_CLOSED') problem(`taken() of ${process.name}: ${nameOf(written.error)}`)
    }
  }

  async #readStreams (process: Process): Promise<void> {
    const serve = async (): Promise<void> => {
      for await (const incoming of process.client.streams) this.#answer(process, incoming)
    }
    await this.#world.tracker.track(`streams of ${process.name}`, serve())
  }

  #answer (process: Process, incoming: IncomingStream): void {
    const play = this.#world.plays[Number(incoming.kind)] as Play
    if (play.answer === 'refuse') incoming.refuse()
    if (play.answer !== 'accept') return
    try {
      void playSide(this.#world, process, incoming.accept(), play, 1)
    } catch (error) {
      this.#world.note(`${process.name} does not accept stream ${play.number}: ${nameOf(error)}`)
    }
  }

  #over (process: Process, reason: Error): void {
    process.reason ??= reason
    this.#world.ledger.over(process)
    if (this.process === process) this.process = undefined
  }
}
