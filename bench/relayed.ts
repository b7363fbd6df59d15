import type { Contender } from './harness/benchmark.js'
import type { Processes, Remote } from './harness/processes.js'
import type { Content } from './peers/contents.js'
import type { Place } from './peers/peer.js'
import type { RelayActor } from './peers/relay-actor.js'
import type { Receiver, Sender } from './peers/relayed.js'
import type { Compressor } from './peers/zlib.js'

const RELAYED = 'peers/relayed.js'

/** Three processes: who sends, the relay, who receives. */
export interface Trio {
  readonly sender: Remote<Sender>
  readonly relay: Remote<RelayActor>
  readonly receiver: Remote<Receiver>
}

/** Starts the three, connected. */
export async function startTrio (processes: Processes, sealed: 'session' | 'hops', content: Content): Promise<Trio> {
  const relay = await processes.spawn<RelayActor>('peers/relay-actor.js', 'relay')
  const place: Place = await relay.place()
  const receiver = await processes.spawn<Receiver>(RELAYED, 'receiver', { place, sealed })
  const sender = await processes.spawn<Sender>(RELAYED, 'sender', { place, sealed, content, target: await receiver.id() })
  return { sender, relay, receiver }
}

/** Sends one message through the relay; seconds until all of it has come. */
export async function through ({ sender, receiver }: Trio, bytes: number): Promise<number> {
  await receiver.expect({ shape: 'one', count: 1, size: bytes })
  const [from, to] = await Promise.all([sender.send(bytes), receiver.arrived()])
  return (to - from) / 1000
}

/** The rate of a message through the relay. */
export function relayed (name: string, sealed: 'session' | 'hops', content: Content, amountOf: (quick: boolean) => number): Contender {
  return {
    name,
    start: async (processes, { quick }) => {
      const trio = await startTrio(processes, sealed, content)
      const all = [trio.sender, trio.relay, trio.receiver]
      const used = (): Promise<number[]> => Promise.all(all.map(one => one.cpu()))
      return async () => {
        const bytes = amountOf(quick)
        const before = await used()
        const seconds = await through(trio, bytes)
        const after = await used()
        const [sender = 0, relay = 0, receiver = 0] = after.map((value, index) => (value - (before[index] ?? 0)) / bytes * 2 ** 30)
        return { rate: bytes / seconds / 1e6, 'sender processor': sender, 'relay processor': relay, 'receiver processor': receiver }
      }
    }
  }
}

/** What three processes are measured by. */
export const RELAYED_MEASURES = [
  { name: 'rate', unit: 'MB/s', better: 'higher' },
  { name: 'sender processor', unit: 's/GiB', better: 'lower' },
  { name: 'relay processor', unit: 's/GiB', better: 'lower' },
  { name: 'receiver processor', unit: 's/GiB', better: 'lower' }
] as const

/** The rate of node:zlib alone. */
export function compressed (name: string, content: Content, level: number, amountOf: (quick: boolean) => number): Contender {
  return {
    name,
    start: async (processes, { quick }) => {
      const zlib = await processes.spawn<Compressor>('peers/zlib.js', 'compressor', { content, level })
      return async () => {
        const bytes = amountOf(quick)
        const { milliseconds } = await zlib.compress(bytes)
        return { rate: bytes / milliseconds / 1000 }
      }
    }
  }
}
