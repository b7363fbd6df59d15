import test from 'ava'
import { GOAWAY_CODES } from '../../../lib/nova/index.js'
import { Line, type ClientState } from '../../../lib/relay/client/connection/line.js'
import { Channel, deferred } from '../../../lib/stream/index.js'
import { next } from './support.js'

/** The waits of a line whose connections stand for a while and are told goaway then. */
async function waits (code: number, count: number): Promise<number[]> {
  const states = new Channel<ClientState>({ maxItems: Infinity, sizeOf: () => 0 })
  const line: Line = new Line({
    reconnectMin: 1,
    reconnectMax: 2 ** 30,
    maxLeaving: 4,
    open: async (_signal, onGoaway) => {
      const over = deferred()
      // longer than what counts as a success where nobody has taken the place
      setTimeout(() => { onGoaway(code) }, 5)
      return { closed: over.promise, close: async () => { over.resolve() }, link: { drained: async () => {}, abort: over.reject } } as never
    },
    isFinal: () => false,
    finalGoaway: () => undefined,
    onConnection: () => {},
    onState: state => { void states.push(state) }
  })
  line.start()
  const delays: number[] = []
  while (delays.length < count) {
    const state = await next(states)
    if (state.type === 'waiting') delays.push(state.delay)
  }
  await line.close()
  return delays
}

test('two clients that take each other\'s place wait longer each time, and one that is told to come again does not', async t => {
  t.true(Math.max(...await waits(GOAWAY_CODES.takenOver, 8)) > 1)
  t.is(Math.max(...await waits(GOAWAY_CODES.shutdown, 8)), 1)
})
