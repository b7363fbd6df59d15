import type { OutgoingPacket } from './outgoing-packet.js'

/** A packet with this much to send does not wait for more. */
const FRAME_READY = 65_536

/** What is told who takes packets out of the queue. */
export interface ReadyEvents {
  /** A packet is ready. */
  wake(): void
  /** Open packets have become ready, which need not wait for anything more. */
  flush(): void
}

/**
 * The packets whose turn it is, in order. One that is whole, or has a frame's worth, is ready at once; an open one
 * with less ripens until the microtasks have run dry, so that what is written meanwhile goes into the same frame.
 */
export class ReadyQueue {
  readonly #events: ReadyEvents
  readonly #ready: OutgoingPacket[] = []
  readonly #ripening: OutgoingPacket[] = []

  constructor (events: ReadyEvents) {
    this.#events = events
  }

  get length (): number { return this.#ready.length }

  /** A packet that has more bytes. */
  offer (packet: OutgoingPacket): void {
    if (packet.place !== 'none') return
    if (packet.pending >= FRAME_READY) return this.push(packet)
    if (this.#ripening.length === 0) afterMicrotasks(() => { this.#ripen() })
    this.#ripening.push(packet)
    packet.place = 'ripening'
  }

  /** A packet that waits for nothing more; behind everyone who is ready now. */
  push (packet: OutgoingPacket): void {
    if (packet.place === 'ready') return
    packet.place = 'ready'
    this.#ready.push(packet)
    this.#events.wake()
  }

  /** The next one. */
  shift (): OutgoingPacket | undefined {
    const packet = this.#ready.shift()
    // lets go of the room that an array keeps once it is empty
    if (this.#ready.length === 0) this.#ready.length = 0
    if (packet !== undefined) packet.place = 'none'
    return packet
  }

  #ripen (): void {
    // emptied, not left, as the sender's batch
    for (const packet of this.#ripening.splice(0)) {
      // it may have become ready by itself, and even have had its turn
      if (packet.place !== 'ripening') continue
      packet.place = 'none'
      if (packet.pending > 0) this.push(packet)
    }
    this.#events.flush()
  }
}

/** Runs after the microtask queue has drained: Node's tick queue, else a message to oneself. */
const afterMicrotasks: (task: () => void) => void = typeof process === 'object' && typeof process.nextTick === 'function'
  ? task => { process.nextTick(task) }
  : messageTask()

function messageTask (): (task: () => void) => void {
  const tasks: Array<() => void> = []
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => { for (const task of tasks.splice(0)) task() }
  return task => {
    tasks.push(task)
    port2.postMessage(0)
  }
}
