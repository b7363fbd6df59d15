import { identityFromSeed, type Identity } from '../../lib/nova/index.js'
import { connect, type Client } from '../../lib/relay/index.js'
import { memoryStore } from '../../lib/store/index.js'
import { deferred } from '../../lib/stream/index.js'
import { decodeLetter, encodeLetter } from './content.js'
import { Ledger } from './ledger.js'
import { Random } from './random.js'
import { RELAY_SEED, RelayChild } from './relay-child.js'
import { nameOf } from './tracker.js'

/** Who sends and receives: the first two are always there, the third comes and goes, the fourth is away until the end. */
const NAMES = ['always', 'also', 'sometimes', 'away'] as const
/** Letters that each sender has on their way. */
const AT_ONCE = 5

/** What a run came to. */
export interface KillRun {
  readonly kills: number
  readonly acknowledged: number
  readonly problems: readonly string[]
}

/** Somebody with an identity and a store, and one client after another. */
class Party {
  readonly index: number
  readonly identity: Identity
  readonly #run: Run
  readonly #store = memoryStore()
  client: Client | undefined

  constructor (run: Run, index: number) {
    this.#run = run
    this.index = index
    this.identity = identityFromSeed(new Uint8Array(32).fill(index + 1))
  }

  /** Comes, and reads its mail. */
  async come (): Promise<void> {
    const client = await connect({
      url: 'tcp:',
      relay: identityFromSeed(RELAY_SEED).publicKey,
      identity: this.identity,
      store: this.#store,
      accept: 'anyone',
      dial: this.#run.child.dial,
      // a connection that is made may break off before it stands
      wait: false,
      limits: { reconnectMin: 5, reconnectMax: 100, prekeyTries: 1000 },
      prekeyLimits: { oneTime: 20 },
      onRejected: ({ error }) => { this.#run.problems.push(`${this.index} rejected mail: ${nameOf(error)}`) }
    })
    this.client = client
    void this.#read(client)
  }

  async go (): Promise<void> {
    const { client } = this
    this.client = undefined
    await client?.close()
    if (client !== undefined) this.#run.ledger.over(client)
  }

  /** Sends one letter. */
  async send (to: Party, length: number): Promise<void> {
    const { ledger, problems } = this.#run
    const { client } = this
    if (client === undefined) return
    const { number, letter } = ledger.send(this.index, to.index)
    try {
      await client.peer(to.identity.id).send(1n, encodeLetter({ from: this.index, to: to.index, number, seed: number }, length))
      letter.sending = 'acknowledged'
      this.#run.acknowledged()
    } catch (error) {
      letter.sending = 'abandoned'
      if (nameOf(error) !== 'ERR_RELAY_CLIENT_CLOSED') problems.push(`${letter.name}: ${nameOf(error)}`)
    }
  }

  async #read (client: Client): Promise<void> {
    const { ledger } = this.#run
    const reader = client.messages[Symbol.asyncIterator]()
    for (;;) {
      ledger.asked(client)
      this.#run.changed()
      const { value, done } = await reader.next()
      if (done === true) return
      ledger.done(client)
      ledger.handed(this.index, client, decodeLetter(value.bytes)?.from, value.bytes)
    }
  }
}

class Run {
  readonly problems: string[] = []
  readonly ledger = new Ledger(this.problems)
  readonly child: RelayChild
  count = 0
  #target = Infinity
  #reached = deferred()
  #settled = deferred()
  #settling = false

  constructor (child: RelayChild) {
    this.child = child
  }

  acknowledged (): void {
    if (++this.count >= this.#target) this.#reached.resolve()
    this.changed()
  }

  /** Waits for so many more acknowledgements. */
  async more (acknowledgements: number): Promise<void> {
    this.#target = this.count + acknowledgements
    this.#reached = deferred()
    await this.#reached.promise
  }

  changed (): void {
    if (this.#settling && this.ledger.missing.length === 0) this.#settled.resolve()
  }

  /** Waits until everything that was acknowledged has come. */
  async settle (): Promise<void> {
    this.#settling = true
    this.changed()
    await this.#settled.promise
  }
}

/** Kills a relay again and again in the middle of traffic, and starts it again over the same folder. */
export async function killRun (folder: string, seed: number, kills: number, onKill: (kill: number) => void = () => {}): Promise<KillRun> {
  const random = new Random(seed)
  const run = new Run(new RelayChild(folder))
  const parties = NAMES.map((_, index) => new Party(run, index))
  const [always, also, sometimes, away] = parties as [Party, Party, Party, Party]
  await run.child.start()
  for (const party of parties) await party.come()
  // each has left prekeys when mail to it is acknowledged
  for (const party of parties) await always.send(party, 10)
  await away.go()
  let over = false
  const traffic = [always, also].flatMap(from => Array.from({ length: AT_ONCE }, async () => {
    while (!over) await from.send(random.pick(parties), random.chance(0.2) ? random.int(0, 60_000) : random.int(0, 900))
  }))
  for (let kill = 0; kill < kills; kill++) {
    await run.more(random.int(1, 60))
    spin(random.int(0, 4000))
    await run.child.kill()
    onKill(kill)
    const change = sometimes.client === undefined ? sometimes.come() : random.chance(0.5) ? sometimes.go() : undefined
    await run.child.start()
    await change
  }
  over = true
  await Promise.all(traffic)
  if (sometimes.client === undefined) await sometimes.come()
  await away.come()
  await run.settle()
  await Promise.all(parties.map(party => party.go()))
  await run.child.kill()
  return { kills, acknowledged: run.count, problems: [...run.problems, ...run.child.reports.map(report => `the store reports ${report}`)] }
}

/** Some microseconds, in which nothing else happens here. */
function spin (rounds: number): void {
  let text = ''
  for (let round = 0; round < rounds * 20; round++) text = String(round)
  if (text === '') return
}
