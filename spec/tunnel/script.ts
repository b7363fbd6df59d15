import type { Socket } from 'node:net'
import { Random } from '../simulation/random.js'
import { Caller, service, type End } from './support.js'

// What the two sides of a TCP connection do, drawn from a seed: the same with a tunnel between them and without one.

type Side = 'client' | 'server'

type Step =
  | { readonly side: Side, readonly act: 'write', readonly bytes: Buffer }
  | { readonly side: Side, readonly act: 'end' | 'reset' }

/** What a side has read, and how that ended. */
export interface Outcome {
  readonly client: { readonly bytes: string, readonly end: End }
  readonly server: { readonly bytes: string, readonly end: End }
}

/** Writes, half-closes and perhaps a reset, in this order; each is seen at the other side before the next one. */
export function script (seed: number): Step[] {
  const draw = new Random(seed)
  const steps: Step[] = []
  const open = new Set<Side>(['client', 'server'])
  while (open.size > 0) {
    const side = draw.pick([...open])
    const what = draw.int(0, 9)
    if (what === 0) {
      steps.push({ side, act: 'reset' })
      return steps
    }
    if (what <= 2) {
      steps.push({ side, act: 'end' })
      open.delete(side)
    } else {
      steps.push({ side, act: 'write', bytes: content(draw) })
    }
  }
  return steps
}

function content (draw: Random): Buffer {
  const length = draw.pick([1, 10, 1000, 20_000, 200_000])
  return Buffer.from(Uint8Array.from({ length: draw.int(1, length) }, (_, index) => index * 7 + length))
}

/** The sides of connections, brought together by the number that each begins with. */
export async function theatre (): Promise<{ port: number, begin: (port: number, seed: number) => Promise<Actors>, close: () => Promise<void> }> {
  const waiting = new Map<number, (server: Caller) => void>()
  const { port, close } = await service((socket: Socket) => {
    const server = new Caller(socket)
    void server.until(4).then(() => {
      const number = server.bytes.readUInt32BE()
      waiting.get(number)?.(server)
      waiting.delete(number)
    }, () => {})
  })
  return {
    port,
    close,
    begin: async (at, seed) => {
      const server = new Promise<Caller>(resolve => { waiting.set(seed, resolve) })
      const client = await Caller.dial(at)
      const number = Buffer.alloc(4)
      number.writeUInt32BE(seed)
      client.socket.write(number)
      return { client, server: await server }
    }
  }
}

/** Both sides of one connection. */
export interface Actors {
  readonly client: Caller
  readonly server: Caller
}

/** Does what a script says; gives what either side has seen. */
export async function act (actors: Actors, steps: readonly Step[]): Promise<Outcome> {
  const expected = { client: 0, server: 4 }
  const ends: Record<Side, End> = { client: 'open', server: 'open' }
  for (const step of steps) {
    const other: Side = step.side === 'client' ? 'server' : 'client'
    const { socket } = actors[step.side]
    if (step.act === 'write') {
      socket.write(step.bytes)
      expected[other] += step.bytes.byteLength
      await actors[other].until(expected[other])
    } else {
      if (step.act === 'end') socket.end()
      else socket.resetAndDestroy()
      // whoever has seen the end before reads no more
      if (ends[other] === 'open') ends[other] = await actors[other].ended()
    }
  }
  for (const { socket } of Object.values(actors) as Caller[]) socket.destroy()
  return {
    client: { bytes: actors.client.bytes.toString('base64'), end: ends.client },
    server: { bytes: actors.server.bytes.toString('base64'), end: ends.server }
  }
}
